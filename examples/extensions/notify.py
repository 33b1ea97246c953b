"""Tells you that pi is done, when it took a while.

On a screen the terminal is asked to show a notification and to ring. Any other way is a command,
which gets the text as its last argument:

    {"extensionSettings": {"notify": {"seconds": 30, "command": ["notify-send", "pi"]}}}

    pi -e examples/extensions/notify.py
"""

import time


def extend(pi):
    pi.register_setting("seconds", "number", 10, "shorter runs are not told of")
    pi.register_setting("command", "list", [], "a program and its arguments")
    started = {}

    @pi.on("agent_start")
    def begin(event):
        started.setdefault("at", time.monotonic())  # a run that is retried is one run

    @pi.on("agent_settled")
    def tell(event, ctx):
        took = time.monotonic() - started.pop("at", time.monotonic())
        if took < pi.get_setting("seconds") or event.aborted:
            return
        text = f"{pi.get_session_name() or 'pi'} is done after {took:.0f} s"
        command = [str(word) for word in pi.get_setting("command")]
        if command:
            ctx.exec(command[0], [*command[1:], text], timeout_ms=10_000)
        elif ctx.mode == "tui":
            ring(text)


def ring(text):
    """OSC 9 is shown as a notification by many terminals; the bell is understood by all."""
    with open("/dev/tty", "w") as terminal:
        terminal.write(f"\x1b]9;{text}\x07\x07")
