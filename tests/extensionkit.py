"""Extension files for tests of the whole program.

write(agent_home, "guard.py", '''def extend(pi): ...''')        in the user's extensions folder
write(agent_home, ".pi/extensions/x.py", ..., project=True)
LIFE                                                            a file that notes its life
noted(agent_home)                                               what it noted, line by line
"""

from __future__ import annotations

from textwrap import dedent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from tests.launch import AgentHome

LIFE = '''
import json, os

NAMES = """project_trust session_start resources_discover input before_agent_start agent_start
turn_start message_start message_end context tool_call tool_result turn_end agent_end
agent_before_settle agent_settled session_info_changed session_before_switch session_before_fork
session_shutdown model_select user_bash ui_prompt_start ui_prompt_end""".split()


def note(line):
    with open(os.path.join(os.environ["HOME"], "noted"), "a") as file:
        file.write(line + "\\n")


def extend(pi):
    note("extend")
    for name in NAMES:
        def handle(event, ctx, name=name):
            told = [name]
            for key in ("reason", "source", "name", "position", "kind", "command"):
                if key in event and isinstance(event[key], str):
                    told.append(event[key])
            note(" ".join(told))
        pi.on(name, handle)
    for name in ("hello", "boom"):
        pi.register_command(name, globals()[name], description=name.title())


def hello(args, ctx):
    note(f"hello {args!r} idle={ctx.is_idle()} mode={ctx.mode} ui={ctx.has_ui}")
    ctx.ui.notify(f"Hello {args}")


def boom(args, ctx):
    raise ValueError("kaboom")
'''


def write(home: AgentHome, name: str, source: str, *, project: bool = False) -> Path:
    """Write an extension of the user, or a file of the project; returns its path."""
    path = home.project / name if project else home.agent / "extensions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(source), "utf-8")
    return path


def noted(home: AgentHome) -> list[str]:
    """What extensions wrote into the file `noted` in the home folder."""
    path = home.home / "noted"
    return path.read_text("utf-8").splitlines() if path.exists() else []
