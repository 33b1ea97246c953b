"""Changes what you type before it is sent, and answers some of it without the model.

A line that begins with `?quick ` asks for a short answer; `ping` is answered here, without a
request.

    pi -e examples/extensions/input_transform.py
    > ?quick how do I undo the last commit?
"""

QUICK = "?quick "


def extend(pi):
    @pi.on("input")
    def transform(event, ctx):
        if event.source == "extension":  # sent by an extension, not typed
            return None
        if event.text.startswith(QUICK):
            question = event.text.removeprefix(QUICK)
            return {"action": "transform", "text": f"Answer in one or two sentences: {question}"}
        if event.text.strip() == "ping":
            ctx.ui.notify("pong")
            return {"action": "handled"}
        return None
