"""Asks before the model runs a command that can do harm.

What counts as harmful is a list of patterns. Where nobody can be asked (print and JSON mode) such a
command is refused; the model is told why and can look for another way.

    pi -e examples/extensions/permission_gate.py
    > delete the build folder
"""

import re

DANGEROUS = {
    r"\brm\b[^|;&]*\s-\w*[rf]": "deletes files",
    r"\bsudo\b": "runs as another user",
    r"\bchmod\b.*\b777\b": "opens files to everybody",
    r"\bgit\b.*\bpush\b.*(\s-f\b|--force)": "overwrites what others pushed",
    r"\bgit\b.*\b(reset --hard|clean -\w*f)": "throws work away",
    r"\b(mkfs|fdisk|dd)\b": "writes to a disk",
    r"(curl|wget)\b.*\|\s*(ba|z)?sh\b": "runs what it downloads",
}


def extend(pi):
    allowed = set()  # what the user allowed for the whole session

    @pi.on("tool_call")
    def gate(event, ctx):
        if event.tool_name != "bash":
            return None
        command = event.input.get("command", "")
        reasons = {why for pattern, why in DANGEROUS.items() if re.search(pattern, command)}
        if not reasons - allowed:
            return None
        why = " and ".join(sorted(reasons))
        if not ctx.has_ui:
            return {"block": True, "reason": f"Not run: it {why}, and nobody is here to ask."}
        answer = ctx.ui.select(f"This {why}:\n\n{command}", ["Run it", "Always", "No"])
        if answer == "Always":
            allowed.update(reasons)
        if answer in ("Run it", "Always"):
            return None
        return {"block": True, "reason": f"The user did not allow it: it {why}."}

    @pi.on("session_start")
    def forget(event):
        allowed.clear()
