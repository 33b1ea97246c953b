"""`pi doctor`: what it tells of healthy and of broken homes; that it sends and runs nothing."""

from __future__ import annotations

import json
import os
import sys

import pytest

from pi.doctor import disk, network, program, report
from pi.doctor.examine import SECTIONS, examine
from pi.doctor.report import Section
from pi.doctor.subject import Subject
from tests import launch
from tests.themekit import theme_file

SESSION = {
    "type": "session", "version": 3, "id": "0198c1d2-aaaa-7bbb-8ccc-000000000001",
    "timestamp": "2026-01-01T00:00:00.000Z", "cwd": "/p",
}  # fmt: skip


def subject(home, **environ):
    return Subject(
        {"HOME": str(home.home), "PATH": os.environ["PATH"], **environ}, str(home.project)
    )


def section(home, name, **environ):
    """One section of a home, its facts as "label: value (note)" and its findings as one text."""
    found = examine(subject(home, **environ), [name])[0]
    facts = [f"{fact.label}: {fact.value} ({fact.note})" for fact in found.facts]
    findings = "\n".join(f"{each.level}: {each.text} -> {each.advice}" for each in found.findings)
    return facts, findings


@pytest.fixture
def home(tmp_path):
    return launch.make_home(tmp_path)


# --- the report ----------------------------------------------------------------------------------


def test_the_report_as_text_and_as_json():
    one = Section("one", "One")
    one.fact("key", "secret-1234", "why\n")
    one.fact("key", "b")
    one.warn("careful \x1b[31m", "look")
    one.warn("careful \x1b[31m", "look")
    two = Section("two", "Two")
    two.problem("broken", "mend it")

    def conceal(text):
        return text.replace("secret-1234", "[secret]")

    assert report.text([one, two], conceal) == (
        "One\n"
        "  key            [secret]  (why\ufffd)\n"
        "                 b\n"
        "  warning: careful \ufffd[31m\n"
        "    -> look\n"
        "\n"
        "Two\n"
        "  problem: broken\n"
        "    -> mend it\n"
        "\n"
        "1 problem and 1 warning.\n"
    )
    told = report.data([one, two], conceal)
    assert told["ok"] is False
    assert told["sections"][0]["facts"][0] == {
        "label": "key",
        "value": "[secret]",
        "note": "why\ufffd",
    }
    assert told["sections"][1]["findings"] == [
        {"level": "problem", "text": "broken", "advice": "mend it"}
    ]
    assert report.is_well([one])
    assert report.text([one], conceal).endswith("\n1 warning.\n")


def test_a_section_that_fails_does_not_stop_the_others(home, monkeypatch):
    monkeypatch.setitem(SECTIONS, "paths", ("Files", "pi.doctor.no_such_part"))
    monkeypatch.setattr(disk, "examine", lambda subject, section: 1 // 0)
    found = {each.name: each for each in examine(subject(home))}
    assert "ModuleNotFoundError" in found["paths"].problems[0].text
    assert "ZeroDivisionError" in found["disk"].problems[0].text
    assert found["program"].facts
    assert "live" not in found


# --- the sections --------------------------------------------------------------------------------


def test_the_program(home):
    facts, _ = section(home, "program")
    assert facts[0].startswith("version: ")
    assert facts[0].endswith("(source tree)")
    assert any(fact.startswith("python: ") and sys.executable in fact for fact in facts)


@pytest.mark.parametrize(("name", "effect"), [("ssl", "https does not work"), ("zlib", "packed")])
def test_a_python_without_a_part(home, monkeypatch, name, effect):
    monkeypatch.setitem(sys.modules, name, None)
    found = Section("program", "Program")
    program.examine(subject(home), found)
    assert [each.text for each in found.problems if effect in each.text]


def test_files_and_folders(home):
    home.write("auth.json", {}).chmod(0o644)
    home.write("settings.json", {}).chmod(0o666)
    home.agent.chmod(0o777)
    facts, findings = section(home, "paths")
    assert f"agent folder: {home.agent} (default)" in facts
    assert f"others may read {home.agent}/auth.json, which holds keys -> chmod 600" in findings
    assert f"others may write to {home.agent}/settings.json" in findings
    assert f"others may write into {home.agent}" in findings
    assert "problem" not in findings
    home.agent.chmod(0o700)
    home.write("auth.json", {}).chmod(0o600)
    home.write("settings.json", {}).chmod(0o644)
    assert section(home, "paths")[1] == ""


@pytest.mark.parametrize(
    ("key", "is_told"), [("sk-1234", True), ("$MY_KEY", False), ("!get", False)]
)
def test_a_models_file_with_a_key_in_it(home, key, is_told):
    entry = {"baseUrl": "http://127.0.0.1:9", "api": "openai-completions", "apiKey": key}
    home.write("models.json", {"providers": {"mine": entry}}).chmod(0o644)
    assert ("which holds keys" in section(home, "paths")[1]) == is_told


def test_an_agent_folder_that_cannot_be_used(home):
    file = home.home / "file"
    file.write_text("")
    _, findings = section(home, "paths", PI_CODING_AGENT_DIR=str(file))
    assert f"problem: {file} is no folder" in findings
    _, findings = section(home, "paths", PI_CODING_AGENT_DIR=str(file / "below"))
    assert "problem: " in findings
    facts, findings = section(home, "paths", PI_CODING_AGENT_DIR=str(home.home / "new"))
    assert any("made when something is stored" in fact for fact in facts)
    assert findings == ""


def test_no_home(home):
    found = examine(Subject({}, str(home.project)), ["paths"])[0]
    assert found.facts[0].label == "home"
    assert found.facts[0].note == "HOME is not set; from the account"


def test_settings(home):
    home.write("settings.json", {"theme": "dark", "retry": {"maxRetries": "x"}, "own": 1})
    facts, findings = section(home, "settings")
    assert facts == ['set: theme = "dark" (user)', "not known: own (kept as they are, user)"]
    assert f"problem: {home.agent}/settings.json: retry.maxRetries" in findings
    (home.agent / "settings.json").write_text("{")
    assert "not valid JSON at line 1" in section(home, "settings")[1]
    (home.agent / "settings.json").unlink()
    assert section(home, "settings") == (["set: nothing (every setting has its default)"], "")


def test_a_project_s_own_settings_and_its_trust(home):
    folder = home.project / ".pi"
    folder.mkdir()
    (folder / "settings.json").write_text('{"theme": "light"}')
    facts, findings = section(home, "trust")
    assert "brings: .pi/settings.json (not loaded)" in facts
    assert "nobody has decided" in findings
    assert section(home, "settings")[0][0].startswith("set: nothing")
    home.write("trust.json", {os.path.realpath(home.project): True})
    assert "trusted: yes (decided)" in section(home, "trust")[0]
    assert section(home, "settings")[0] == ['set: theme = "light" (project)']
    (home.agent / "trust.json").write_text("{")
    assert "problem: " in section(home, "trust")[1]


def test_a_broken_trust_file_is_told_where_nothing_needs_trust(home):
    (home.agent / "trust.json").write_text("[1]")
    assert "expected an object, got a list" in section(home, "trust")[1]


def test_resources(home):
    for name in ("skills/one", "skills/two", "prompts", "themes", "extensions"):
        (home.agent / name).mkdir(parents=True)
    skill = "---\nname: {}\ndescription: d\n---\nx"
    (home.agent / "skills/one/SKILL.md").write_text(skill.format("one"))
    (home.agent / "skills/two/SKILL.md").write_text(skill.format("one"))
    (home.agent / "prompts/review.md").write_text("Review $1")
    (home.agent / "themes/sea.json").write_text(json.dumps(theme_file("sea")))
    (home.agent / "themes/broken.json").write_text(json.dumps(theme_file("x", {"accent": "y"})))
    (home.agent / "extensions/good.py").write_text("raise SystemExit('it was run')\n")
    (home.agent / "extensions/bad.py").write_text("def (\n")
    (home.agent / "extensions/old.ts").write_text("export default 1\n")
    (home.project / "AGENTS.md").write_text("be brief")
    (home.agent / "SYSTEM.md").write_text("hello")
    home.write("settings.json", {"theme": "sea/nowhere"})
    facts, findings = section(home, "resources")
    assert f"context: {home.project}/AGENTS.md (8 characters)" in facts
    assert "prompt: SYSTEM.md (5 characters)" in facts
    assert f"skill: one ({home.agent}/skills/one/SKILL.md)" in facts
    assert f"template: /review ({home.agent}/prompts/review.md)" in facts
    assert f"theme: sea ({home.agent}/themes/sea.json)" in facts
    assert f"extension: good.py (user, {home.agent}/extensions/good.py)" in facts
    assert "warning: " in findings.split("has the same name")[0]
    assert (
        f'problem: {home.agent}/themes/broken.json: colors.accent: "y" is no variable' in findings
    )
    assert f"problem: {home.agent}/extensions/bad.py: not valid Python in line 1" in findings
    assert "old.ts" in findings
    assert 'problem: the setting theme names "nowhere"' in findings


def test_nothing_to_load(home):
    facts, findings = section(home, "resources")
    assert [fact.split(" (")[0] for fact in facts] == ["loaded: nothing"]
    assert findings == ""


def test_keys_and_where_they_are_from(home):
    ran = home.home / "ran"
    home.write(
        "auth.json",
        {
            "openai": {"type": "api_key", "key": "sk-openai-0123456789"},
            "groq": {"type": "api_key", "key": f"!touch {ran}"},
            "anthropic": {"type": "oauth", "access": "sk-ant-oat-1", "refresh": "r", "expires": 5},
            "mistral": {"type": "api_key", "key": "$NO_SUCH_VARIABLE"},
        },
    )
    facts, findings = section(home, "providers", XAI_API_KEY="xai-0123456789")
    assert "key: openai (auth.json)" in facts
    assert "key: groq (auth.json)" in facts
    assert "key: xai (environment XAI_API_KEY)" in facts
    facts, _ = section(home, "providers", OPENAI_API_KEY="sk-other-0123456789")
    assert "key: openai (auth.json; OPENAI_API_KEY does not count)" in facts
    assert "the login of anthropic has expired" in findings
    assert "the key of mistral in auth.json names a variable that is not set" in findings
    assert not ran.exists()
    assert any(fact.startswith("default model: ") for fact in facts)


def test_no_keys_and_broken_models(home):
    (home.agent / "models.json").write_text('{"providers": {"mine": {"baseUrl": 3}}}')
    (home.agent / "auth.json").write_text('{"openai": 3}')
    _, findings = section(home, "providers")
    assert "problem: no provider has a key" in findings
    assert "providers.mine.baseUrl" in findings
    assert f"{home.agent}/auth.json: openai: expected an object" in findings


def test_a_default_model_that_cannot_be_used(home):
    home.write("settings.json", {"defaultProvider": "nowhere", "defaultModel": "x"})
    _, findings = section(home, "providers", XAI_API_KEY="xai-0123456789")
    assert "nowhere" in findings


def test_the_way_to_providers(home):
    environ = {"XAI_API_KEY": "xai-0123456789", "HTTPS_PROXY": "http://user:pass@proxy:3128"}
    facts, findings = section(home, "network", **environ)
    assert any("through the proxy proxy:3128, from HTTPS_PROXY (xai)" in fact for fact in facts)
    assert not any("pass" in fact for fact in facts)
    assert findings == ""
    facts, _ = section(home, "network", **environ, NO_PROXY="*")
    assert any("directly (xai)" in fact for fact in facts)
    _, findings = section(home, "network", **{**environ, "HTTPS_PROXY": "socks5://proxy:1"})
    assert "problem: xai: the variable HTTPS_PROXY names a socks5:// proxy" in findings
    _, findings = section(home, "network", SSL_CERT_FILE="/no/such/file.pem")
    assert "problem: SSL_CERT_FILE names /no/such/file.pem, which does not exist" in findings
    facts, _ = section(home, "network")
    assert any(fact.startswith("TLS: OpenSSL") for fact in facts)


@pytest.mark.parametrize(
    ("now_s", "is_wrong"),
    [(0, True), (network.EARLIEST_S - 1, True), (network.EARLIEST_S, False), (5_000_000_000, True)],
)
def test_the_clock(now_s, is_wrong):
    found = Section("network", "Network")
    network._clock(found, now_s)
    assert bool(found.problems) == is_wrong


def test_sessions(home):
    folder = home.agent / "sessions/--p--"
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    good, bad = folder / "good.jsonl", folder / "bad.jsonl"
    good.write_text(json.dumps(SESSION) + "\n")
    bad.write_text("garbage\n")
    facts, findings = section(home, "disk")
    assert f"sessions: {home.agent}/sessions (default)" in facts
    size = good.stat().st_size + 8
    assert f"kept: 2 sessions, {size} bytes ()" in facts
    assert f"problem: {bad}: " in findings
    assert "good.jsonl" not in findings
    folder.parent.chmod(0o755)
    assert f"others may look into {folder.parent}" in section(home, "disk")[1]


def test_a_session_folder_of_one_s_own(home):
    chosen = home.home / "mine"
    facts, _ = section(home, "disk", PI_CODING_AGENT_SESSION_DIR=str(chosen))
    assert f"sessions: {chosen} (PI_CODING_AGENT_SESSION_DIR)" in facts
    chosen.write_text("")
    assert "is no folder" in section(home, "disk", PI_CODING_AGENT_SESSION_DIR=str(chosen))[1]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2_500_000, "2.5 MB"), (3e12, "3.0 TB")],
)
def test_sizes(count, expected):
    assert disk._size(count) == expected
