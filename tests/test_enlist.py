"""How extensions come in: their order, the two stages, what they register, what goes wrong."""

from __future__ import annotations

import os

import pytest

from pi.assembly.configuration import open_configuration
from pi.assembly.enlist import NO_CREW, Enlisting, Face
from pi.errors import PiError
from pi.events import ExtensionFault
from pi.extensions.nohooks import NO_HOOKS
from pi.hosting import host_of

NAMED = """
def extend(pi):
    pi.register_command({name!r}, lambda args: None)
"""


@pytest.fixture
def place(tmp_path):
    """Writes extensions and opens configurations in a temporary home."""
    return Place(tmp_path)


class Place:
    def __init__(self, root):
        self.root = root
        self.agent = root / ".pi/agent"
        self.project = root / "project"
        (self.agent / "extensions").mkdir(parents=True)
        (self.project / ".pi/extensions").mkdir(parents=True)
        self.told = []

    def write(self, where, name, source=NAMED):
        folder = {"user": self.agent / "extensions", "project": self.project / ".pi/extensions"}
        path = folder.get(where, self.root) / f"{name}.py"
        path.write_text(source.format(name=name) if source is NAMED else source)
        return str(path)

    def enlisting(self, *named, **options):
        return Enlisting(Face("print", tell=self.told.append), host_of, named, **options)

    def configured(self, enlisting, approval="approve"):
        environ = {"HOME": str(self.root), "PATH": os.environ["PATH"], "PI_OFFLINE": "1"}
        return open_configuration(environ, str(self.project), approval, enlisting)


def names(crew):
    return [command.name for command in crew.hooks.commands()]


def test_without_any_there_is_nothing(place):
    assert place.configured(None).crew() is NO_CREW
    crew = place.configured(place.enlisting()).crew()
    assert (crew.hooks, crew.host, crew.warnings()) == (NO_HOOKS, None, [])


def test_the_order(place):
    for where, name in (("user", "user"), ("project", "own"), ("named", "named")):
        path = place.write(where, name)
    configured = place.configured(place.enlisting(path))
    crew = configured.crew()
    assert names(crew) == ["named", "own", "user"]
    assert configured.crew() is crew
    assert names(place.configured(place.enlisting(path, is_closed=True)).crew()) == ["named"]
    assert names(place.configured(place.enlisting(), "no-approve").crew()) == ["user"]


def test_each_is_loaded_once_even_if_it_decides_about_trust(place):
    source = """
import builtins
def extend(pi):
    pi.register_command("asked", lambda args: None)
    pi.on("project_trust", lambda event, ctx: print(event.cwd) or {"trusted": "yes"})
    builtins.loaded_for_a_test = getattr(builtins, "loaded_for_a_test", 0) + 1
"""
    place.write("user", "trust", source)
    place.write("project", "own")
    enlisting = place.enlisting()
    configured = place.configured(enlisting, None)
    assert (configured.trust.is_trusted, configured.trust.basis) == (True, "extension")
    assert names(configured.crew()) == ["own", "asked"]
    import builtins  # noqa: PLC0415 - what the extension left there

    assert builtins.__dict__.pop("loaded_for_a_test") == 1
    again = configured.reopened()  # asked once in the life of a process, loaded anew
    assert again.trust.basis == "extension"
    assert names(again.crew()) == ["own", "asked"]
    assert again.crew().hooks is not configured.crew().hooks
    assert builtins.__dict__.pop("loaded_for_a_test") == 1


def test_an_undecided_answer_leaves_it_to_others(place):
    place.write(
        "user", "trust",
        "def extend(pi):\n    pi.on('project_trust', lambda event: {'trusted': 'undecided'})\n",
    )  # fmt: skip
    place.write("project", "own")
    configured = place.configured(place.enlisting(), None)
    assert (configured.trust.is_trusted, configured.trust.basis) == (False, "undecided")
    assert names(configured.crew()) == []


def test_a_handler_that_fails_before_there_is_a_session_is_told(place):
    path = place.write(
        "user", "trust", "def extend(pi):\n    pi.on('project_trust', lambda event: 1 / 0)\n"
    )
    assert place.configured(place.enlisting(), None).trust.basis == "undecided"
    assert [type(event) for event in place.told] == [ExtensionFault]
    assert (place.told[0].path, place.told[0].event) == (path, "project_trust")


def test_what_is_wrong_with_one_costs_no_other(place):
    bad = place.write("user", "bad", "def extend(pi):\n    raise ValueError('no')\n")
    place.write("user", "good")
    wrong = place.write(
        "user", "wrong", "def extend(pi):\n    pi.register_provider('x', {'models': 7})\n"
    )
    crew = place.configured(place.enlisting()).crew()
    assert names(crew) == ["good"]
    first, second = crew.warnings()
    assert first.startswith(f"{bad}: the extension is not loaded: ValueError: no")
    assert wrong in second


def test_the_second_of_two_tools_of_one_name_is_told(place):
    source = """
def extend(pi):
    pi.register_tool(name="same", description="It does.", execute=lambda params: "x",
                     parameters={"type": "object", "properties": {}})
"""
    place.write("user", "a", source)
    second = place.write("user", "b", source)
    crew = place.configured(place.enlisting()).crew()
    assert [each.tool.name for each in crew.hooks.tools()] == ["same"]
    assert [line.startswith(f"{second}: ") for line in crew.warnings()] == [True]


def test_providers_are_there_at_once(place):
    place.write(
        "user",
        "acme",
        """
def extend(pi):
    pi.register_provider("acme", {
        "baseUrl": "http://127.0.0.1:1/v1", "apiKey": "k", "api": "openai-completions",
        "models": [{"id": "acme-1", "name": "Acme"}]})
""",
    )
    configured = place.configured(place.enlisting())
    assert configured.models.book.find("acme", "acme-1") is None
    assert configured.crew().warnings() == []
    assert configured.models.book.find("acme", "acme-1")["name"] == "Acme"


def test_flags_are_read_when_they_are_known(place):
    place.write(
        "user", "flags",
        "def extend(pi):\n    pi.register_flag('plan', type='boolean', default=False)\n"
        "    pi.register_command('at-first', lambda args: None, "
        "description=str(pi.get_flag('plan')))\n",
    )  # fmt: skip
    enlisting = place.enlisting()
    crew = place.configured(enlisting).crew()
    assert crew.hooks.command("at-first").description == "False"
    assert crew.host.flag("plan") is None
    enlisting.flags = {"plan": True}
    assert crew.host.flag("plan") is True


def test_another_conversation_has_its_own(place):
    place.write("user", "user")
    configured = place.configured(place.enlisting())
    assert configured.apart().crew().hooks is not configured.crew().hooks
    other = place.root / "other"
    other.mkdir()
    assert names(configured.in_project(str(other)).crew()) == ["user"]
    assert configured.in_project(configured.project) is configured


def test_what_was_named_has_to_be_there(place):
    with pytest.raises(PiError, match=r"nope\.py"):
        place.configured(place.enlisting("nope.py")).crew()
