"""Loads extensions, skills, prompts and themes again: by a command, or at the model's wish.

A tool cannot reload: it runs inside the very run that would be torn down. So it only notes the
wish, and when the run has settled the command is sent as if you had typed it.

    pi -e examples/extensions/reload_runtime.py
    > write an extension that greets me, put it into .pi/extensions, and load it
"""


def extend(pi):
    wish = []

    @pi.command("reload-runtime", description="Load extensions, skills, prompts and themes again")
    def reload(args, ctx):
        ctx.reload()  # the last thing a handler does: what comes after is the old program

    def execute(params):
        wish.append(True)
        return {"content": "Everything is loaded again when this run ends.", "terminate": True}

    pi.register_tool(
        name="reload_runtime",
        label="Reload",
        description="Load extensions, skills, prompts and themes again after they were changed.",
        parameters={"type": "object", "properties": {}},
        execute=execute,
    )

    @pi.on("agent_settled")
    def settle(event):
        if wish:
            wish.clear()
            pi.send_user_message("/reload-runtime", expand_prompt_templates=True)
