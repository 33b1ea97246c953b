"""Skills and templates at work: collisions, commands, and what the program sends for them."""

from __future__ import annotations

import json

import pytest

from pi.value import replace
from tests import launch
from tests.rpckit import Rpc

CHAT = ("--model", "fake-openai/fake-1")


def skill(name, description="Does it.", more=""):
    return f"---\nname: {name}\ndescription: {description}\n{more}---\n\nSteps of {name}.\n"


@pytest.fixture
def write(agent_home):
    def write(name, text):
        path = agent_home.home.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def said(provider):
    return provider.model_requests[-1].conversation.user_texts


def system(provider):
    return provider.model_requests[-1].conversation.system


def test_the_model_is_offered_skills_by_name_description_and_place(run_pi, provider, write):
    path = write("home/.pi/agent/skills/a/SKILL.md", skill("a", "Uses <b> & \"c\" 'd'."))
    write("home/.pi/agent/skills/h/SKILL.md", skill("h", more="disable-model-invocation: true\n"))
    provider.reply("ok", "ok", "ok")
    done = run_pi(*CHAT, "-p", "hi")
    assert (done.code, done.stderr) == (0, "")
    offered = system(provider).split("<skills>\n")[1].split("\n</skills>")[0]
    intro, listed = offered.split("\n\n")
    assert "the read tool" in intro
    assert listed == (
        "<available_skills>\n  <skill>\n    <name>a</name>\n"
        "    <description>Uses &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;.</description>\n"
        f"    <location>{path}</location>\n  </skill>\n</available_skills>"
    )
    assert system(provider).index("</skills>") < system(provider).index("<cwd>")
    run_pi(*CHAT, "--tools", "bash", "-p", "hi")
    assert "with bash first" in system(provider)
    run_pi(*CHAT, "--tools", "edit", "-p", "hi")
    assert "<skills>" not in system(provider)


def test_commands_become_prompts_and_unknown_ones_stay(run_pi, provider, write):
    path = write("home/.pi/agent/skills/a/SKILL.md", skill("a"))
    write("home/.pi/agent/prompts/fix.md", "Fix $1 because ${@:2}, ${4:-please}")
    provider.reply(*["ok"] * 4)
    words = ["/fix it 'not good' now", "/skill:a  do\nthis ", "/fixit x", "/skill:none"]
    done = run_pi(*CHAT, "-p", "--", *words)
    assert (done.code, done.stderr) == (0, "")
    expanded = (
        f'<skill name="a" location="{path}">\nReferences are relative to {path.parent}.\n\n'
        "Steps of a.\n</skill>\n\ndo\nthis"
    )
    assert said(provider) == ["Fix it because not good now, please", expanded, *words[2:]]


def test_a_project_wins_once_it_is_trusted_and_collisions_are_told(run_pi, provider, write):
    user = write("home/.pi/agent/prompts/t.md", "user's")
    project = write("project/.pi/prompts/t.md", "project's")
    provider.reply("ok", "ok", "ok")
    done = run_pi(*CHAT, "-p", "/t")
    assert said(provider) == ["user's"]
    assert "not loaded, since nobody has decided to trust this project: .pi/prompts" in done.stderr
    done = run_pi(*CHAT, "-a", "-p", "/t")
    assert said(provider) == ["project's"]
    assert done.stderr == (
        f"Warning: {user}: prompt template not loaded: {project} has the same name, t\n"
    )
    done = run_pi(*CHAT, "-na", "-p", "/t")
    assert (said(provider), done.stderr) == (["user's"], "")


def test_trusted_projects_bring_settings_and_system_prompts(run_pi, provider, write, agent_home):
    write("home/.pi/agent/SYSTEM.md", "user's system")
    write("home/.pi/agent/APPEND_SYSTEM.md", "user's addendum")
    write("project/.pi/SYSTEM.md", "project's system")
    write("project/.pi/APPEND_SYSTEM.md", "project's addendum")
    write("project/.pi/settings.json", json.dumps({"defaultTools": ["ls"], "sessionDir": "kept"}))
    provider.reply(*["ok"] * 3)
    run_pi(*CHAT, "-p", "hi")
    assert system(provider).startswith("user's system\n\n<addendum>\nuser's addendum\n")
    assert len(agent_home.session_files()) == 1
    agent_home.write("trust.json", {str(agent_home.project): True})
    done = run_pi(*CHAT, "-p", "hi")
    assert (done.code, done.stderr) == (0, "")
    assert system(provider).startswith("project's system\n\n<addendum>\nproject's addendum\n")
    assert provider.model_requests[-1].conversation.tools == ("ls",)
    assert len(list((agent_home.project / "kept").glob("*.jsonl"))) == 1
    run_pi(*CHAT, "--append-system-prompt", "instead", "-p", "hi")
    assert "<addendum>\ninstead\n</addendum>" in system(provider)


def test_empty_prompt_files_change_nothing(run_pi, provider, write):
    provider.reply("ok", "ok")
    run_pi(*CHAT, "-p", "hi")
    usual = system(provider)
    write("home/.pi/agent/SYSTEM.md", "")
    write("home/.pi/agent/APPEND_SYSTEM.md", "\ufeff")
    run_pi(*CHAT, "-p", "hi")
    assert system(provider) == usual


def test_untrusted_loads_nothing_of_the_project(run_pi, provider, write):
    write("project/AGENTS.md", "from the project")
    write("home/.pi/agent/AGENTS.md", "from the user")
    write("project/.pi/skills/p/SKILL.md", skill("p"))
    provider.reply("ok", "ok")
    run_pi(*CHAT, "-na", "-p", "hi")
    assert "from the project" in system(provider)
    done = run_pi(*CHAT, "--untrusted", "-p", "hi")
    assert (done.code, done.stderr) == (0, "")
    assert "from the user" in system(provider)
    assert "from the project" not in system(provider)
    assert "<skills>" not in system(provider)


def test_a_session_brings_its_own_project(run_pi, provider, write, agent_home):
    write("project/.pi/prompts/t.md", "of the first")
    write("other/.pi/prompts/t.md", "of the other")
    write("other/.pi/settings.json", json.dumps({"defaultTools": ["ls"]}))
    provider.reply(*["ok"] * 4)
    assert launch.run(agent_home, *CHAT, "-p", "hi").code == 0
    (first,) = agent_home.session_files()
    elsewhere = replace(agent_home, project=agent_home.home.parent / "other")
    launch.run(elsewhere, *CHAT, "-a", "--session", str(first), "-p", "/t")
    assert said(provider)[-1] == "of the first"
    with Rpc(elsewhere, *CHAT, "-a") as rpc:
        (row,) = rpc.call("get_commands")["data"]["commands"]
        assert row["sourceInfo"]["path"].endswith("other/.pi/prompts/t.md")
        rpc.call("prompt", message="/t")
        rpc.event("agent_settled")
        assert provider.model_requests[-1].conversation.tools == ("ls",)
        assert rpc.call("switch_session", sessionPath=str(first))["success"]
        (row,) = rpc.call("get_commands")["data"]["commands"]
        assert row["sourceInfo"]["path"].endswith("project/.pi/prompts/t.md")
        rpc.call("prompt", message="/t")
        rpc.event("agent_settled")
        assert said(provider)[-1] == "of the first"
        assert rpc.finish() == 0


def test_flags_add_places_and_close_the_usual_ones(run_pi, provider, write):
    write("home/.pi/agent/skills/usual/SKILL.md", skill("usual"))
    write("home/.pi/agent/prompts/usual.md", "usual text")
    write("extra/skill/SKILL.md", skill("named"))
    write("extra/named.md", "named text")
    provider.reply("ok", "ok")
    done = run_pi(
        *CHAT, "--no-skills", "--skill", "../extra/skill", "-np",
        "--prompt-template", "../extra/named.md", "-p", "/named",
    )  # fmt: skip
    assert (done.code, done.stderr) == (0, "")
    assert said(provider) == ["named text"]
    assert "<name>named</name>" in system(provider)
    assert "<name>usual</name>" not in system(provider)
    done = run_pi(*CHAT, "-np", "--skill", "nowhere", "-p", "/usual")
    assert said(provider) == ["/usual"]
    assert "nowhere: does not exist (skills)" in done.stderr


def test_broken_resources_cost_one_warning_each_and_no_other(run_pi, provider, write):
    write("home/.pi/agent/skills/bad/SKILL.md", "---\ndescription: [\n---\n")
    write("home/.pi/agent/skills/good/SKILL.md", skill("good"))
    write("home/.pi/agent/skills/huge/SKILL.md", "x" * (2 << 20))
    write("home/.pi/agent/prompts/bad.md", '---\nx: "\\q"\n---\nbody')
    write("home/.pi/agent/prompts/good.md", "good text")
    provider.reply("ok")
    done = run_pi(*CHAT, "-p", "/good")
    assert (done.code, said(provider)) == (0, ["good text"])
    assert "<name>good</name>" in system(provider)
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("Warning: /") for line in lines)


def test_rpc_lists_and_expands_commands(agent_home, provider, write):
    template = write("home/.pi/agent/prompts/fix.md", "---\ndescription: Mend\n---\nFix $1")
    place = write("project/.agents/skills/s/SKILL.md", skill("s"))
    provider.reply("ok")
    with Rpc(agent_home, *CHAT, "--approve") as rpc:
        assert rpc.call("get_commands")["data"]["commands"] == [
            {
                "name": "fix",
                "description": "Mend",
                "source": "prompt",
                "sourceInfo": {
                    "path": str(template),
                    "source": "auto",
                    "scope": "user",
                    "origin": "top-level",
                    "baseDir": str(agent_home.agent),
                },
            },
            {
                "name": "skill:s",
                "description": "Does it.",
                "source": "skill",
                "sourceInfo": {
                    "path": str(place),
                    "source": "auto",
                    "scope": "project",
                    "origin": "top-level",
                    "baseDir": str(agent_home.project / ".agents"),
                },
            },
        ]
        assert rpc.call("prompt", message="/fix that")["success"]
        rpc.event("agent_settled")
        place.unlink()
        gone = rpc.call("prompt", message="/skill:s")
        assert (gone["success"], "cannot be used" in gone["error"]) == (False, True)
        assert rpc.finish() == 0
    assert said(provider) == ["Fix that"]
