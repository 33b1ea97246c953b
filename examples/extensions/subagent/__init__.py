"""A tool that hands a task to another pi, which works on it with a context of its own.

The helper runs as `pi -p --mode json`; what it does is shown while it works, and aborting the run
ends it. Only its last answer comes back, so that the context of the one who asked stays small.
Several calls in one answer run side by side.

What kinds of helpers there are is a file each in `agents/`: a first line with the tools it may use,
then its instructions.

    pi -e examples/extensions/subagent
    > let a scout find out where sessions are written, and another how they are read
"""

import json
import subprocess
from pathlib import Path

from pi import ToolError
from pi.runtime import self_command

AGENTS = Path(__file__).parent / "agents"
LONGEST = 20_000  # characters of an answer


def extend(pi):
    kinds = sorted(path.stem for path in AGENTS.glob("*.md"))

    def execute(params, ctx):
        tools, _, instructions = (AGENTS / f"{params['agent']}.md").read_text().partition("\n")
        words = ["-p", "--mode", "json", "--no-session", "--tools", tools.strip()]
        words += ["--append-system-prompt", instructions.strip()]
        if ctx.model:
            words += ["--model", f"{ctx.model['provider']}/{ctx.model['id']}"]
        helper = subprocess.Popen(
            [*self_command(), *words, params["task"]],
            cwd=ctx.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        undo = ctx.token.on_cancel(helper.terminate)
        try:
            return follow(helper, ctx)
        finally:
            undo()
            helper.kill()
            helper.wait()

    pi.register_tool(
        name="subagent",
        label="Subagent",
        description="Give a task to a helper that works on its own and reports what it found.",
        parameters={
            "type": "object",
            "properties": {
                "agent": {"type": "string", "enum": kinds},
                "task": {"type": "string", "description": "everything the helper has to know"},
            },
            "required": ["agent", "task"],
        },
        execute=execute,
        prompt_snippet="Give a task to a helper",
    )


def follow(helper, ctx):
    """Read the helper's events: report its tool calls, return its last answer."""
    steps, answer = [], None
    for line in helper.stdout:
        event = json.loads(line)
        if event["type"] == "tool_execution_start":
            steps.append(f"{event['toolName']} {json.dumps(event['args'])[:80]}")
            ctx.report({"content": "\n".join(steps), "details": {"steps": list(steps)}})
        elif event["type"] == "message_end" and event["message"]["role"] == "assistant":
            answer = event["message"]
    ctx.token.check()
    if answer is None or answer["stopReason"] in ("error", "aborted"):
        why = (answer or {}).get("errorMessage") or helper.stderr.read().strip()
        raise ToolError(f"The helper failed: {why}")
    text = "".join(block.get("text", "") for block in answer["content"])
    details = {"steps": steps, "model": answer["model"]}
    return {"content": text[:LONGEST], "details": details, "usage": answer["usage"]}
