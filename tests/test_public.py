"""The names of `import pi`: they exist, are listed, and cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import pi
from tests.launch import ROOT


@pytest.mark.parametrize("name", pi._PUBLIC)
def test_a_public_name_is_what_its_module_calls_so(name):
    assert getattr(pi, name) is getattr(import_module(pi._PUBLIC[name]), name)
    assert name in dir(pi)
    assert not (ROOT / f"pi/{name}.py").exists(), "a module of that name would take its place"
    assert not (ROOT / f"pi/{name}").is_dir()


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="module 'pi' has no attribute 'nothing'"):
        _ = pi.nothing


def loaded_after(statement):
    """The modules of ours, and the heavy ones, that a statement has loaded."""
    script = f"import sys; {statement}; print(*sorted(sys.modules))"
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_pi_loads_nothing():
    loaded = loaded_after("import pi")
    assert {name for name in loaded if name.split(".")[0] == "pi"} == {"pi"}
    assert "importlib" not in loaded


def test_making_conversations_loads_nothing_heavy_and_tools_load_what_they_need():
    heavy = {"asyncio", "dataclasses", "inspect", "typing", "unittest"}
    assert loaded_after("import pi; pi.create") & heavy == set()
    assert "inspect" in loaded_after("import pi; pi.tool_of(lambda: 1, name='f')")


def test_modules_are_still_found_by_from_pi_import():
    from pi import events  # noqa: PLC0415 - this is the test

    assert events.AgentStart() == pi.events.AgentStart()
