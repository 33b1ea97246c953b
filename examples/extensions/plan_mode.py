"""Plan first: the model can look at everything and change nothing, until you let it.

In plan mode only tools that read are active, bash runs only commands that look, and the prompt asks
for a plan. When the plan is there you are asked whether it is to be carried out.

    pi -e examples/extensions/plan_mode.py --plan      begin in plan mode
    /plan                                              switch it on or off (or ctrl+alt+p)
"""

import re

READING = ["read", "bash", "grep", "find", "ls"]
LOOKING = re.compile(
    r"\s*(ls|cat|head|tail|grep|rg|wc|file|stat|tree|pwd|echo|git (status|log|diff|show))"
    r"(\s[^;&|`$<>\n]*)?"
)
ASK_FOR_PLAN = (
    "You are in plan mode: look at what you need and change nothing. Then answer with a numbered "
    "plan, one step a line, that says which files change and how."
)
ENTRY = "plan-mode"


class PlanMode:
    def __init__(self, pi):
        self.pi = pi
        self.is_on = False
        self.tools = []  # those to go back to

    def begin(self, event, ctx):
        """Go on as the session says, else as the flag says."""
        kept = [e["data"] for e in ctx.session.get_branch() if e.get("customType") == ENTRY]
        if kept:
            self.is_on, self.tools = kept[-1]["on"], kept[-1]["tools"]
            self.tell(ctx)
        elif self.pi.get_flag("plan"):
            self.switch(True, ctx)

    def switch(self, on, ctx):
        if on:
            self.tools = self.pi.get_active_tools()
            self.pi.set_active_tools([name for name in self.tools if name in READING])
        else:
            self.pi.set_active_tools(self.tools)
        self.is_on = on
        self.pi.append_entry(ENTRY, {"on": on, "tools": self.tools})
        self.tell(ctx)

    def toggle(self, ctx):
        self.switch(not self.is_on, ctx)
        ctx.ui.notify(f"Plan mode is {'on: nothing is changed' if self.is_on else 'off'}")

    def tell(self, ctx):
        ctx.ui.set_status(ENTRY, "plan" if self.is_on else None)

    def ask_for_plan(self, event):
        if self.is_on:
            event.system_prompt_options["sections"]["plan"] = ASK_FOR_PLAN

    def only_look(self, event):
        if not self.is_on or event.tool_name != "bash":
            return None
        if LOOKING.fullmatch(event.input.get("command", "")):
            return None
        return {"block": True, "reason": "Plan mode: only commands that look are run."}

    def offer(self, event, ctx):
        if not self.is_on or event.aborted or not ctx.has_ui:
            return
        if ctx.ui.confirm("The plan is there", "Carry it out?"):
            self.switch(False, ctx)
            self.pi.send_user_message("Carry out the plan.")


def extend(pi):
    mode = PlanMode(pi)
    pi.register_flag("plan", type="boolean", default=False, description="Begin in plan mode")
    about = "Switch plan mode on or off"
    pi.register_command("plan", lambda args, ctx: mode.toggle(ctx), description=about)
    pi.register_shortcut("ctrl+alt+p", mode.toggle, description=about)
    pi.on("session_start", mode.begin)
    pi.on("before_agent_start", mode.ask_for_plan)
    pi.on("tool_call", mode.only_look)
    pi.on("agent_settled", mode.offer)
