"""A todo list for the model: a tool with state that follows the branches of the session.

The list is kept in the details of each of the tool's results. When a session is resumed, or another
branch is taken, it is read from the results on that branch: it is always the one that belongs to
the conversation you see.

    pi -e examples/extensions/todo.py
    > make a todo list for the release, then do the first thing on it
    /todos
"""

from pi import ToolError

NAME = "todo"
PARAMETERS = {
    "type": "object",
    "properties": {
        "action": {"type": "string", "enum": ["list", "add", "done", "clear"]},
        "text": {"type": "string", "description": "what is to be done; for add"},
        "number": {"type": "integer", "description": "the number of an item; for done"},
    },
    "required": ["action"],
}


class Todos:
    """The list of the branch that is active: {"text": "...", "done": False}, ..."""

    def __init__(self):
        self.items = []

    def restore(self, event, ctx):
        """Take the list from the last result of the tool on this branch."""
        self.items = []
        for entry in reversed(ctx.session.get_branch()):
            message = entry.get("message", {})
            if message.get("toolName") == NAME and message.get("details"):
                self.items = [dict(item) for item in message["details"]["items"]]
                break
        self.tell(ctx)

    def execute(self, params, ctx):
        match params["action"]:
            case "add":
                self.add(params.get("text"))
            case "done":
                self.finish(params.get("number", 0))
            case "clear":
                self.items = []
        self.tell(ctx)
        return {"content": str(self), "details": {"items": [dict(item) for item in self.items]}}

    def add(self, text):
        if not text:
            raise ToolError("add needs a text")
        self.items.append({"text": text, "done": False})

    def finish(self, number):
        if not 1 <= number <= len(self.items):
            raise ToolError(f"there is no item {number}; there are {len(self.items)}")
        self.items[number - 1]["done"] = True

    def tell(self, ctx):
        left = sum(not item["done"] for item in self.items)
        ctx.ui.set_status(NAME, f"{left} of {len(self.items)} to do" if self.items else None)

    def __str__(self):
        lines = [
            f"{'[x]' if item['done'] else '[ ]'} {number}. {item['text']}"
            for number, item in enumerate(self.items, 1)
        ]
        return "\n".join(lines) or "Nothing is to be done."


def extend(pi):
    todos = Todos()
    pi.on("session_start", todos.restore)
    pi.on("session_tree", todos.restore)
    pi.register_tool(
        name=NAME,
        label="Todo",
        description="Keep a list of what is to be done: list, add, done (by number) or clear.",
        parameters=PARAMETERS,
        execute=todos.execute,
        prompt_snippet="Keep a list of what is to be done",
        prompt_guidelines=["Use todo for work of several steps; mark each step when it is done."],
        execution_mode="sequential",
    )

    @pi.command("todos", description="Show the todo list of this branch")
    def show(args, ctx):
        ctx.ui.notify(str(todos))
