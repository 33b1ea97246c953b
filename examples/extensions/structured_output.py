"""Ends a run with data instead of prose: a last tool call that matches a schema.

The tool ends the run (`terminate`), so no further answer is paid for. What it was given is printed
by JSON mode as the result of the call, and can be written to a file.

    pi -e examples/extensions/structured_output.py --report out.json \
        -p "Which licenses do the files here have? Use report."
"""

import json
from pathlib import Path

SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "file": {"type": "string"},
                    "line": {"type": "integer"},
                    "message": {"type": "string"},
                },
                "required": ["file", "message"],
            },
        },
    },
    "required": ["title", "findings"],
}


def extend(pi):
    pi.register_flag("report", type="string", description="Write the report to this file")

    def execute(params, ctx):
        path = pi.get_flag("report")
        if path:
            Path(ctx.cwd, path).write_text(json.dumps(params, indent=2) + "\n")
        return {
            "content": f"Reported {len(params['findings'])} findings.",
            "structuredContent": params,
            "details": params,
            "terminate": True,
        }

    pi.register_tool(
        name="report",
        label="Report",
        description="Report what you found. This ends the work: call it last, and once.",
        parameters=SCHEMA,
        output_schema=SCHEMA,
        execute=execute,
        prompt_snippet="Report what was found, as the last step",
        prompt_guidelines=["End with report when the user asks for a report."],
    )
