"""Every way to reach the user that works over RPC too.

The client `examples/rpc_extension_ui.py` answers what is asked here.

    pi -e examples/extensions/rpc_demo.py        then /demo-ask, /demo-tell, /demo-form
"""


def extend(pi):
    @pi.on("session_start")
    def begin(event, ctx):
        ctx.ui.set_title("pi: demo")
        ctx.ui.set_status("demo", "ready")
        ctx.ui.set_widget("demo", ["Try /demo-ask, /demo-tell and /demo-form"])

    @pi.command("demo-ask", description="Ask in each way")
    def ask(args, ctx):
        colour = ctx.ui.select("Which colour?", ["red", "green"])
        is_sure = ctx.ui.confirm("Sure?", f"You chose {colour}.")
        name = ctx.ui.input("What is it for?", "a name")
        text = ctx.ui.editor("Describe it", f"{name} is {colour}.")
        late = ctx.ui.select("Too late to answer", ["yes"], timeout_ms=50)
        ctx.ui.notify(f"colour={colour} sure={is_sure} name={name} text={text} late={late}")

    @pi.command("demo-tell", description="Tell in each way")
    def tell(args, ctx):
        for level in ("info", "warning", "error"):
            ctx.ui.notify(f"This is a notice of level {level}", level)
        ctx.ui.set_status("demo", None)
        ctx.ui.set_widget("demo", ["below the editor"], placement="belowEditor")
        ctx.ui.set_editor_text("typed for you")

    @pi.command("demo-form", description="Ask for several things at once")
    def form(args, ctx):
        fields = [
            {"name": "host", "label": "Host", "default": "localhost"},
            {"name": "port", "label": "Port", "type": "number"},
            {"name": "kind", "label": "Kind", "type": "select", "options": ["tcp", "udp"]},
        ]
        answers = ctx.ui.form("Connection", fields)
        ctx.ui.notify(f"form={answers}")
