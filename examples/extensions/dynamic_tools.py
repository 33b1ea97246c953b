"""Tools that the model is told of only when it needs them.

Each declaration costs tokens in every request. Here two tools are registered and not active; a
third one finds them by keywords and activates them for the next request.

    pi -e examples/extensions/dynamic_tools.py
    > what time is it in UTC? find a tool for it
"""

import re
import time
import uuid


def extend(pi):
    hidden = {}

    def offer(name, description, execute):
        hidden[name] = description
        pi.register_tool(
            name=name,
            description=description,
            parameters={"type": "object", "properties": {}},
            execute=execute,
            default_active=False,
        )

    offer("utc_time", "Tell the time in UTC", lambda params: time.strftime("%F %T", time.gmtime()))
    offer("new_uuid", "Make a random unique identifier", lambda params: str(uuid.uuid4()))

    @pi.tool(
        prompt_snippet="Find more tools, by keywords",
        prompt_guidelines=["Use find_tools when no tool at hand can do what is asked."],
    )
    def find_tools(query: str):
        """Find tools that are not active, and activate those that fit."""
        words = set(re.findall(r"\w+", query.lower()))
        fitting = [
            name
            for name, text in hidden.items()
            if words & set(re.findall(r"\w+", f"{name} {text}".lower().replace("_", " ")))
        ]
        active = pi.get_active_tools()
        added = [name for name in fitting if name not in active]
        pi.set_active_tools([*active, *added])
        return f"Active now: {', '.join(added)}" if added else "No further tool fits."

    @pi.command("tools", description="List all tools, or switch one: /tools utc_time")
    def tools(args, ctx):
        name, active = args.strip(), pi.get_active_tools()
        if name:
            rest = [each for each in active if each != name]
            pi.set_active_tools(rest if name in active else [*active, name])
            active = pi.get_active_tools()
        every = [tool["name"] for tool in pi.get_all_tools()]
        ctx.ui.notify("\n".join(f"{'*' if each in active else ' '} {each}" for each in every))
