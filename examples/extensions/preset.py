"""Presets: model, thinking level, tools and instructions under one name.

They are in `presets.json` of the agent folder, and of `.pi` in a trusted project:

    {"review": {"model": "anthropic/claude-opus-4-5", "thinking": "high",
                "tools": ["read", "grep"], "instructions": "Find faults. Change nothing."}}

    pi -e examples/extensions/preset.py --preset review
    /preset review        (/preset off: back to how the session began; /preset: choose one)
"""

import json
import os
from pathlib import Path

ENTRY = "preset"


class Presets:
    def __init__(self, pi):
        self.pi = pi
        self.name = self.instructions = None
        self.usual = {}  # how the session began

    def known(self, ctx):
        agent = os.environ.get("PI_CODING_AGENT_DIR") or Path.home() / ".pi" / "agent"
        folders = [Path(agent)]
        if ctx.is_project_trusted():
            folders.append(Path(ctx.cwd, ".pi"))
        found = {}
        for path in (folder / "presets.json" for folder in folders):
            if path.is_file():
                found.update(json.loads(path.read_text("utf-8")))
        return found

    def begin(self, event, ctx):
        self.usual = {"tools": self.pi.get_active_tools(), "thinking": ctx.thinking_level}
        if ctx.model:
            self.usual["model"] = f"{ctx.model['provider']}/{ctx.model['id']}"
        kept = [e["data"] for e in ctx.session.get_branch() if e.get("customType") == ENTRY]
        if kept:
            self.name, self.instructions = kept[-1]["name"], kept[-1]["instructions"]
            ctx.ui.set_status(ENTRY, self.name)
        elif self.pi.get_flag("preset"):
            self.select(self.pi.get_flag("preset"), ctx)

    def select(self, name, ctx):
        preset = self.usual if name == "off" else self.known(ctx).get(name)
        if preset is None:
            names = ", ".join(self.known(ctx)) or "none"
            ctx.ui.notify(f"There is no preset {name}; there are: {names}", "error")
        elif self.take_model(preset, ctx):
            if preset.get("thinking"):
                self.pi.set_thinking_level(preset["thinking"])
            if preset.get("tools"):
                self.pi.set_active_tools(preset["tools"])
            self.name = None if name == "off" else name
            self.instructions = preset.get("instructions")
            self.pi.append_entry(ENTRY, {"name": self.name, "instructions": self.instructions})
            ctx.ui.set_status(ENTRY, self.name)
            ctx.ui.notify(f"Preset: {self.name or 'none'}")

    def take_model(self, preset, ctx):
        """Select the preset's model; False, with a notice, where that is not possible."""
        if not preset.get("model"):
            return True
        model = ctx.models.find(*preset["model"].split("/", 1))
        if model is not None and self.pi.set_model(model):
            return True
        ctx.ui.notify(f"{preset['model']} cannot be used", "error")
        return False

    def instruct(self, event):
        if self.instructions:
            event.system_prompt_options["sections"]["preset"] = self.instructions

    def command(self, args, ctx):
        name = args.strip() or ctx.ui.select("Which preset?", [*self.known(ctx), "off"])
        if name:
            self.select(name, ctx)


def extend(pi):
    presets = Presets(pi)
    pi.register_flag("preset", type="string", description="Begin with this preset")
    pi.register_command("preset", presets.command, description="Select a preset; off: none")
    pi.on("session_start", presets.begin)
    pi.on("before_agent_start", presets.instruct)
