"""Puts the output of commands into what you type: `!{command}` stands for what it prints.

    > why does this fail? !{make test 2>&1 | tail -20}
    > write a commit message for !{git diff --cached}

A line that begins with `!` is pi's own way to run a command and stays as it is.

    pi -e examples/extensions/inline_bash.py
"""

import re

COMMAND = re.compile(r"!\{([^{}]+)\}")
LONGEST = 20_000  # characters of one output


def extend(pi):
    @pi.on("input")
    def expand(event, ctx):
        if event.text.startswith("!") or not COMMAND.search(event.text):
            return None

        def output(match):
            ran = ctx.exec("sh", ["-c", match[1]], cwd=ctx.cwd, timeout_ms=30_000)
            text = (ran.stdout or ran.stderr).rstrip("\n")[:LONGEST]
            return f"{text}\n(exit status {ran.code})" if ran.code else text

        return {"action": "transform", "text": COMMAND.sub(output, event.text)}
