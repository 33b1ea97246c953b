"""Shows in the status line which model answers, how much it thinks, and how full its context is.

A change of the model is told as well.

    pi -e examples/extensions/model_status.py
"""


def extend(pi):
    def show(event, ctx):
        model = ctx.model
        if model is None:
            ctx.ui.set_status("model", "no model")
            return
        text = f"{model.get('name', model['id'])} ({ctx.thinking_level})"
        usage = ctx.get_context_usage()
        if usage and usage["percent"] is not None:
            text += f" {usage['percent']:.0f}%"
        ctx.ui.set_status("model", text)

    for name in ("session_start", "model_select", "thinking_level_select", "agent_settled"):
        pi.on(name, show)

    @pi.on("model_select")
    def tell(event, ctx):
        before = event.previous_model["id"] if event.previous_model else "none"
        ctx.ui.notify(f"Model: {before} -> {event.model['id']}")
