"""Packages from a registry, an index and addresses over real HTTP."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.npmregistry import PackageServer, tarball
from tests.packagekit import skill

ONLINE = {"PI_OFFLINE": None}
OFFLINE = {"PI_OFFLINE": "1"}
PACKAGE = {"skills/pdf/SKILL.md": skill("pdf"), "prompts/review.md": "Review $1"}
USES_WHEEL = "import markdownish\n\n\ndef extend(pi):\n    markdownish.register(pi)\n"
WHEEL = """\
def register(pi):
    pi.register_command("wheel", lambda args, ctx: None, description="from a wheel")
"""


@pytest.fixture
def server(agent_home):
    with PackageServer() as found:
        found.publish("@acme/tools", "1.0.0", {**PACKAGE, "extensions/a.ts": "x"})
        agent_home.write(
            "settings.json", {"npmRegistry": found.url, "pypiIndex": f"{found.url}simple/"}
        )
        yield found


def commands(run_pi, *words, env=ONLINE):
    done = run_pi(
        "--mode", "rpc", "--no-session", *words, stdin='{"type": "get_commands"}\n', env=env
    )
    assert done.code == 0, done.stderr
    answer = next(each for each in done.events if each.get("command") == "get_commands")
    return {
        each["name"]: each["sourceInfo"]["source"] for each in answer["data"]["commands"]
    }, done.stderr


def locked(path):
    return json.loads((path / "pi-lock.json").read_text())["packages"]


def test_an_npm_package_brings_its_resources(run_pi, agent_home, server):
    done = run_pi("install", "npm:@acme/tools", env=ONLINE)
    assert done.stdout == "Installing npm:@acme/tools...\nInstalled npm:@acme/tools\n"
    assert "not loadable here (TypeScript or JavaScript): extensions/a.ts" in done.stderr
    assert (agent_home.agent / "npm/node_modules/@acme/tools/package.json").exists()
    found, errors = commands(run_pi)
    assert found == {"review": "npm:@acme/tools", "skill:pdf": "npm:@acme/tools"}
    assert errors.count("\n") == errors.count("not loadable here") == 1
    record = locked(agent_home.agent)["npm:@acme/tools"]
    assert record["version"] == "1.0.0"
    assert record["integrity"].startswith("sha512-")
    assert set(record["files"]) == {*PACKAGE, "extensions/a.ts", "package.json"}
    assert run_pi("remove", "npm:@acme/tools", env=OFFLINE).code == 0
    assert not (agent_home.agent / "npm/node_modules/@acme/tools").exists()
    assert locked(agent_home.agent) == {}


def test_updates_follow_the_range(run_pi, agent_home, server):
    for text in ("npm:@acme/tools@^1", "npm:@acme/tools@1.0.0"):
        run_pi("install", text, *(["-l"] if text.endswith("0.0") else []), env=ONLINE)
    server.publish("@acme/tools", "1.2.0", {**PACKAGE, "prompts/new.md": "New"})
    server.publish("@acme/tools", "2.0.0", {})
    done = run_pi("update", "--extensions", "-a", env=ONLINE)
    assert done.stdout == (
        "Updating npm:@acme/tools@^1...\nUpdated 1 package:\n  npm:@acme/tools@^1 1.0.0 -> 1.2.0\n"
    )
    assert "new" in commands(run_pi)[0]
    assert (
        run_pi("update", "--extensions", env=ONLINE).stdout == "Packages are already up to date\n"
    )


def test_a_frozen_install_takes_what_is_locked_and_refuses_what_is_not(run_pi, agent_home, server):
    run_pi("install", "-l", "npm:@acme/tools", env=ONLINE)
    server.publish("@acme/tools", "1.5.0", {})
    shutil.rmtree(agent_home.project / ".pi/npm")
    shutil.rmtree(agent_home.agent / "npm", ignore_errors=True)
    done = run_pi("install", "--frozen", "-l", "-a", env=ONLINE)
    assert (done.code, done.stdout) == (0, "Installed npm:@acme/tools\nPackages are as locked\n")
    assert commands(run_pi, "-a")[0] == {
        "review": "npm:@acme/tools",
        "skill:pdf": "npm:@acme/tools",
    }

    path = agent_home.project / ".pi/pi-lock.json"
    data = json.loads(path.read_text())
    data["packages"]["npm:@acme/tools"]["parts"][0]["integrity"] = "sha512-" + "A" * 86 + "=="
    path.write_text(json.dumps(data))
    shutil.rmtree(agent_home.project / ".pi/npm")
    done = run_pi("install", "--frozen", "-l", "-a", env=ONLINE)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not (agent_home.project / ".pi/npm/node_modules/@acme/tools").exists()


def test_a_wheel_and_its_extension(run_pi, agent_home, server):
    server.publish_wheel("markdownish", "2.0", {"markdownish/__init__.py": WHEEL})
    server.publish_wheel(
        "pi-guard",
        "1.0",
        {"pi_guard/__init__.py": USES_WHEEL, "pi_guard/prompts/x.md": "x"},
        requires=["markdownish>=1"],
    )
    server.publish_wheel(
        "pi-own", "1.0", {"pi_own/__init__.py": USES_WHEEL}, requires=["markdownish"]
    )
    done = run_pi("install", "pypi:pi-own==1.0", env=ONLINE)
    assert done.code == 0, done.stderr
    found, errors = commands(run_pi)
    assert (found, errors) == ({"wheel": "pypi:pi-own==1.0"}, "")
    assert run_pi("install", "pypi:Pi_Guard", env=ONLINE).code == 0
    assert commands(run_pi)[0]["x"] == "pypi:Pi_Guard"
    record = locked(agent_home.agent)["pypi:pi-own"]
    assert [part["name"] for part in record["parts"]][:1] == ["pi-own"]
    server.publish_wheel(
        "pi-guard", "1.1", {"pi_guard/__init__.py": "", "pi_guard/prompts/x.md": ""}
    )
    done = run_pi("update", "--extensions", env=ONLINE)
    assert "  pypi:Pi_Guard 1.0 -> 1.1\n" in done.stdout
    assert "pi-own" not in done.stdout
    shutil.rmtree(agent_home.agent / "pypi")
    done = run_pi("install", "--frozen", env=ONLINE)
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "Packages are as locked"), done.stderr
    assert commands(run_pi)[0]["wheel"] == "pypi:pi-own==1.0"


def test_python_packages_of_an_npm_package(run_pi, agent_home, server):
    server.publish_wheel("markdownish", "2.0", {"markdownish/__init__.py": WHEEL})
    manifest = {"extensions": ["./e.py"], "python": ["markdownish>=1"]}
    server.publish("uses-wheel", "1.0.0", {"e.py": USES_WHEEL}, pi=manifest)
    done = run_pi("install", "-l", "npm:uses-wheel", env=ONLINE)
    assert done.code == 0, done.stderr
    record = locked(agent_home.project / ".pi")["npm:uses-wheel"]
    assert [part["name"] for part in record["python"]] == ["markdownish"]
    assert "vendor/markdownish/__init__.py" in record["files"]
    assert commands(run_pi, "-a")[0] == {"wheel": "npm:uses-wheel"}
    shutil.rmtree(agent_home.project / ".pi/npm")
    assert run_pi("install", "--frozen", "-l", "-a", env=ONLINE).code == 0
    assert run_pi("vendor", "-a", env=ONLINE).stdout == "Vendored npm:uses-wheel\n"
    shutil.rmtree(agent_home.project / ".pi/npm")
    assert commands(run_pi, "-a", env=OFFLINE) == ({"wheel": "npm:uses-wheel"}, "")


def test_an_archive_from_an_address(run_pi, agent_home, server):
    server.files["/x/tools-1.tgz"] = tarball(PACKAGE)
    text = f"{server.url}x/tools-1.tgz"
    assert run_pi("install", text, env=ONLINE).code == 0
    assert commands(run_pi)[0] == {"review": text, "skill:pdf": text}
    server.files["/x/tools-1.tgz"] = tarball({**PACKAGE, "prompts/evil.md": "x"})
    shutil.rmtree(agent_home.agent / "url")
    shutil.rmtree(agent_home.agent / "npm/_cache")
    done = run_pi("install", "--frozen", env=ONLINE)
    assert done.code == 1
    assert not list((agent_home.agent / "url").rglob("evil.md"))


def test_for_one_run(run_pi, agent_home, server):
    found, _ = commands(run_pi, "-e", "npm:@acme/tools")
    assert found == {"review": "npm:@acme/tools", "skill:pdf": "cli"}
    server.publish("@acme/tools", "1.1.0", {**PACKAGE, "prompts/new.md": "New"})
    assert "new" in commands(run_pi, "-e", "npm:@acme/tools")[0]
    assert "new" in commands(run_pi, "-e", "npm:@acme/tools", env=OFFLINE)[0]
    settings = json.loads((agent_home.agent / "settings.json").read_text())
    assert "packages" not in settings
    done = run_pi("-p", "-e", "npm:@acme/none", "hi", env=OFFLINE)
    assert (done.code, done.stdout) == (1, "")
    assert "npm:@acme/none" in done.stderr


def test_what_the_registry_gets_wrong_leaves_all_as_it_was(run_pi, agent_home, server):
    before = (agent_home.agent / "settings.json").read_text()
    server.publish("evil", "1.0.0", {"x.md": "x"})
    for text in ("npm:@acme/none", "npm:@acme/tools@^9", "npm:@acme/tools@nope"):
        done = run_pi("install", text, env=ONLINE)
        assert (done.code, done.stdout) == (1, f"Installing {text}...\n")
        assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert (agent_home.agent / "settings.json").read_text() == before
    assert not (agent_home.agent / "pi-lock.json").exists()


def test_a_package_can_be_removed_when_no_registry_is_known(run_pi, agent_home, server):
    assert run_pi("install", "npm:@acme/tools", env=ONLINE).code == 0
    packages = json.loads((agent_home.agent / "settings.json").read_text())["packages"]
    agent_home.write("settings.json", {"packages": packages})
    done = run_pi("remove", "npm:@acme/tools")
    assert (done.code, done.stderr) == (0, "")
    assert not (agent_home.agent / "npm/node_modules/@acme/tools").exists()


def test_a_package_whose_python_packages_cannot_be_had_is_not_installed(run_pi, agent_home, server):
    manifest = {"extensions": ["./e.py"], "python": ["nowhere>=1"]}
    server.publish("needs-more", "1.0.0", {"e.py": USES_WHEEL}, pi=manifest)
    before = (agent_home.agent / "settings.json").read_text()
    done = run_pi("install", "npm:needs-more", env=ONLINE)
    assert done.code == 1
    assert "nowhere" in done.stderr.splitlines()[-1]
    assert not (agent_home.agent / "npm/node_modules/needs-more").exists()
    assert (agent_home.agent / "settings.json").read_text() == before
