"""Takes secrets out of what tools give to the model, before it is stored or sent.

Known shapes of keys are replaced, and so is the value of every variable of the environment whose
name says that it is secret. What the model writes is not changed: it cannot know what it never saw.

    pi -e examples/extensions/secret_redaction.py -p "Show me the file .env"
"""

import os
import re

SHAPES = [
    r"\bsk-[A-Za-z0-9_-]{16,}",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bxox[abpr]-[A-Za-z0-9-]{10,}",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----",
    r"(?<=password=)\S+",
]
SECRET_NAME = re.compile("KEY|TOKEN|SECRET|PASSWORD")
SHORTEST = 8  # characters of a value that cannot be there by chance


def extend(pi):
    values = [
        re.escape(value)
        for name, value in os.environ.items()
        if SECRET_NAME.search(name) and len(value) >= SHORTEST
    ]
    pattern = re.compile("|".join([*values, *SHAPES]))

    @pi.on("tool_result")
    def redact(event, ctx):
        count, content = 0, []
        for block in event.content:
            if block["type"] == "text":
                text, found = pattern.subn("[secret removed]", block["text"])
                count, block = count + found, {**block, "text": text}
            content.append(block)
        if not count:
            return None
        ctx.ui.notify(f"{count} secret(s) removed from what {event.tool_name} gave")
        return {"content": content, "details": None}
