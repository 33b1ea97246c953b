"""`pi install`, `remove`, `list`, `update`, `vendor`, as commands: words, exit status, settings."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests import launch
from tests.packagekit import EXTENSION, calls, commit, npm, skill, tree

PACKAGE = {"skills/a/SKILL.md": skill("a"), "prompts/p.md": "hello $1"}
ONLINE = {"PI_OFFLINE": None}
WITHOUT_SOCKETS = """
import sys
def refuse(event, args):
    if event.startswith("socket."):
        sys.exit(f"a socket was used: {event}")
sys.addaudithook(refuse)
from pi.__main__ import main
main()
"""


@pytest.fixture
def local(agent_home):
    return tree(agent_home.project / "lp", PACKAGE)


def data(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("install",), "Missing install source."),
        (("install", ""), "Missing install source."),
        (("install", "a", "b"), "Unexpected argument b."),
        (("install", "--foo", "x"), 'Unknown option --foo for "install".'),
        (("install", "-x", "y"), 'Unknown option -x for "install".'),
        (("install", "./nope"), "Path does not exist: {project}/nope"),
        (("install", "npm:../x"), "npm:../x: expected npm:NAME"),
        (("install", "--frozen", "x"), "Unexpected argument x"),
        (("remove",), "Missing remove source."),
        (("remove", "./zzz"), "No matching package found for ./zzz"),
        (("uninstall", "npm:zzz"), "No matching package found for npm:zzz"),
        (("remove", "--frozen", "x"), 'Unknown option --frozen for "remove".'),
        (("list", "--foo"), 'Unknown option --foo for "list".'),
        (("update", "a", "b"), "Unexpected argument b."),
        (("update", "--foo"), 'Unknown option --foo for "update".'),
        (("update", "--extension"), "--extension requires a value"),
        (("update", "npm:foo"), "No matching package found for npm:foo"),
        (("vendor", "x"), "Unexpected argument x."),
        (("vendor", "--local"), 'Unknown option --local for "vendor".'),
    ],
)
def test_what_is_wrong_is_one_line_with_status_1(run_pi, agent_home, words, why):
    done = run_pi(*words)
    assert done.code == 1
    assert done.stderr.startswith("Error: ")
    assert why.format(project=agent_home.project) in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (agent_home.agent / "settings.json").exists()


def test_a_local_package_from_install_to_remove(run_pi, agent_home, local):
    settings = agent_home.agent / "settings.json"
    for _ in range(2):
        done = run_pi("install", "./lp")
        assert (done.code, done.stdout) == (0, "Installing ./lp...\nInstalled ./lp\n")
        assert (done.stderr, data(settings)) == ("", {"packages": ["../../../project/lp"]})
    done = run_pi("list")
    assert done.stdout == f"User packages:\n  ../../../project/lp\n    {local}\n"
    done = run_pi("remove", "./lp")
    assert (done.code, done.stdout) == (0, "Removing ./lp...\nRemoved ./lp\n")
    assert run_pi("list").stdout == "No packages installed.\n"
    assert local.is_dir()


def test_the_project_scope_and_trust(run_pi, agent_home, local):
    agent_home.write("settings.json", {"packages": [{"source": "npm:x@1", "skills": []}]})
    settings = agent_home.project / ".pi/settings.json"
    assert run_pi("install", "-l", "./lp").code == 0
    assert data(settings) == {"packages": ["../lp"]}
    assert run_pi("list").stdout == "User packages:\n  npm:x@1 (filtered)\n"
    assert run_pi("list", "--approve").stdout == (
        f"User packages:\n  npm:x@1 (filtered)\n\nProject packages:\n  ../lp\n    {local}\n"
    )
    for words in (("remove", "-l", "./lp"), ("vendor",), ("install", "--frozen", "-l")):
        done = run_pi(*words)
        assert (done.code, done.stdout) == (1, "")
        assert "Use --approve" in done.stderr
    assert run_pi("remove", "-l", "-a", "./lp").code == 0
    assert data(settings) == {"packages": []}


def test_what_would_run_is_shown_before(run_pi, agent_home, local):
    tree(local, {"extensions/e.py": EXTENSION, "extensions/a.ts": "x"})
    done = run_pi("install", "./lp")
    assert done.stdout == "Installing ./lp...\nInstalled ./lp\n"
    assert done.stderr.splitlines() == [
        "./lp: it runs code of its own: extensions/e.py",
        "./lp: not loadable here (TypeScript or JavaScript): extensions/a.ts",
    ]


def test_a_repository_and_updates(run_pi, agent_home, tmp_path):
    repository = tmp_path / "repo"
    first = commit(repository, PACKAGE)
    text = f"git:file://{repository}"
    assert run_pi("install", text).stdout == f"Installing {text}...\nInstalled {text}\n"
    assert (
        run_pi("update", "--extensions", env=ONLINE).stdout == "Packages are already up to date\n"
    )
    second = commit(repository, {"prompts/q.md": "q"})
    assert run_pi("update", text, env={"PI_OFFLINE": "1"}).stdout.startswith("Skipped package")
    done = run_pi("update", "--extension", f"{text}@v9", env=ONLINE)
    assert done.stdout == (
        f"Updating {text}...\nUpdated 1 package:\n  {text} {first[:7]} -> {second[:7]}\n"
    )
    assert run_pi("update", text, env=ONLINE).stdout == f"{text} is already up to date\n"
    assert "Did you mean" in run_pi("update", f"{repository}".strip("/"), env=ONLINE).stderr


def test_npm_by_the_users_command(run_pi, agent_home, tmp_path):
    program = npm(tmp_path / "npm")
    tree(tmp_path / "npm/packages/tools", {**PACKAGE, "package.json": {"version": "1.0.0"}})
    agent_home.write("settings.json", {"npmCommand": [str(program)]})
    assert run_pi("install", "npm:tools@1.0.0").code == 0
    assert run_pi("install", "-l", "npm:tools").code == 0
    roots = [call[3] for call in calls(tmp_path / "npm")]
    assert roots == [f"{agent_home.agent}/npm", f"{agent_home.project}/.pi/npm"]
    assert (agent_home.project / ".pi/npm/.gitignore").exists()
    (tmp_path / "npm/fails").touch()
    before = (agent_home.agent / "settings.json").read_text()
    for words in (("install", "npm:other"), ("remove", "npm:tools")):
        done = run_pi(*words)
        assert done.code == 1
        assert "npm ERR! no such thing" in done.stderr
        assert (agent_home.agent / "settings.json").read_text() == before


def test_pi_itself_is_not_updated_but_it_says_how(run_pi):
    for words in ((), ("--self",), ("self",), ("pi",), ("--force",)):
        done = run_pi("update", *words)
        assert (done.code, done.stderr) == (0, "")
        assert "does not update itself" in done.stdout
    done = run_pi(
        "update", "--all", env={"PI_OFFLINE": "1", "PI_SELF_UPDATE_COMMAND": "mise up pi"}
    )
    assert "Your command for that: mise up pi" in done.stdout
    assert "offline" in done.stdout


def test_help_is_there_for_each(run_pi):
    for name in ("install", "remove", "uninstall", "list", "update", "vendor"):
        done = run_pi(name, "--help")
        assert (done.code, done.stderr) == (0, "")
        assert f"pi {'remove' if name == 'uninstall' else name}" in done.stdout
    assert "pi install SOURCE" in run_pi("--help").stdout


def rpc_commands(run_pi, *words, env=None):
    done = run_pi("--mode", "rpc", "--no-session", *words,
                  stdin='{"type": "get_commands"}\n', env=env)  # fmt: skip
    assert done.code == 0, done.stderr
    answer = next(each for each in done.events if each.get("command") == "get_commands")
    return {each["name"]: each["sourceInfo"] for each in answer["data"]["commands"]}, done.stderr


def test_resources_of_packages_are_commands(run_pi, agent_home, local):
    run_pi("install", "./lp")
    commands, errors = rpc_commands(run_pi)
    assert commands == {
        name: {
            "path": str(local / path),
            "source": "../../../project/lp",
            "scope": "user",
            "origin": "package",
            "baseDir": str(local),
        }
        for name, path in (("p", "prompts/p.md"), ("skill:a", "skills/a/SKILL.md"))
    }
    assert errors == ""


def test_a_clone_with_a_lock_file_and_vendored_packages_needs_no_network(
    run_pi, agent_home, tmp_path
):
    repository = tmp_path / "repo"
    commit(repository, {**PACKAGE, "extensions/e.py": EXTENSION})
    text = f"git:file://{repository}"
    run_pi("install", "-l", text)
    assert run_pi("vendor", "-a").stdout == f"Vendored {text}\n"
    shutil.rmtree(repository)
    shutil.rmtree(agent_home.project / ".pi/git")
    assert run_pi("install", "--frozen", "-l", "-a").stdout == "Packages are as locked\n"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SOCKETS, "--mode", "rpc", "--no-session", "-a"],
        input='{"type": "get_commands"}\n',
        cwd=agent_home.project,
        env={**launch.environment(agent_home), "PYTHONPATH": str(launch.ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert '"skill:a"' in done.stdout
    assert '"p"' in done.stdout
    copies = list((agent_home.project / ".pi/vendor").rglob("e.py"))
    copies[0].write_text("raise SystemExit\n")
    commands, errors = rpc_commands(run_pi, "-a", env={"PI_OFFLINE": "1"})
    assert commands == {}
    assert "changed extensions/e.py" in errors


def test_a_declared_package_is_installed_at_start_when_online_and_trusted(
    run_pi, agent_home, tmp_path
):
    repository = tmp_path / "repo"
    commit(repository, PACKAGE)
    tree(agent_home.project, {".pi/settings.json": {"packages": [f"git:file://{repository}"]}})
    commands, _ = rpc_commands(run_pi, env=ONLINE)
    assert commands == {}
    assert not (agent_home.project / ".pi/git").exists()
    commands, errors = rpc_commands(run_pi, "-a", env={"PI_OFFLINE": "1"})
    assert (commands, "is not installed" in errors) == ({}, True)
    commands, errors = rpc_commands(run_pi, "-a", env=ONLINE)
    assert set(commands) == {"p", "skill:a"}
    shutil.rmtree(repository)
    assert set(rpc_commands(run_pi, "-a", env=ONLINE)[0]) == {"p", "skill:a"}


def test_trust_is_bound_to_the_code_of_packages(run_pi, agent_home, tmp_path):
    repository = tmp_path / "repo"
    commit(repository, {**PACKAGE, "extensions/e.py": EXTENSION, "extensions/lib/x.py": "X = 1\n"})
    text = f"git:file://{repository}"
    run_pi("install", "-l", text)
    told = run_pi("trust", "yes").stdout
    assert "extensions/e.py" in told
    assert "extensions/lib/x.py" in told
    assert "SKILL.md" not in told.split("runs", 1)[1]
    assert run_pi("update", text, env=ONLINE).code == 0
    commit(repository, {"extensions/e.py": f"{EXTENSION}# more\n"})
    assert "Updated 1 package" in run_pi("update", text, env=ONLINE).stdout
    assert "new or changed" not in run_pi("trust").stdout
    [copy] = (agent_home.project / ".pi/git").rglob("x.py")
    copy.write_text("X = 2\n")
    assert "x.py (new or changed)" in run_pi("trust").stdout
    commands, errors = rpc_commands(run_pi)
    assert commands == {}
    assert "has changed" in errors


def test_a_broken_lock_file_stops_before_anything_is_gone(run_pi, agent_home, tmp_path):
    commit(tmp_path / "repo", PACKAGE)
    text = f"git:file://{tmp_path}/repo"
    run_pi("install", text)
    lock = agent_home.agent / "pi-lock.json"
    lock.write_text("{")
    before = (agent_home.agent / "settings.json").read_text()
    for words in (("remove", text), ("install", text), ("update", text)):
        done = run_pi(*words, env=ONLINE)
        assert done.code != 0
        assert "pi-lock.json" in done.stderr
        assert "Traceback" not in done.stderr
    assert "Warning: " in run_pi("list").stderr
    assert text in run_pi("list").stdout
    assert list(agent_home.agent.glob("git/**/p.md"))
    assert (lock.read_text(), (agent_home.agent / "settings.json").read_text()) == ("{", before)


def test_a_folder_that_cannot_be_written_is_one_line(run_pi, agent_home, tmp_path):
    commit(tmp_path / "repo", PACKAGE)
    (agent_home.agent / "git").write_text("in the way")
    done = run_pi("install", f"git:file://{tmp_path}/repo")
    assert (done.code, done.stderr.count("\n")) == (1, 1)
    assert "Error: " in done.stderr
    assert not (agent_home.agent / "settings.json").exists()
