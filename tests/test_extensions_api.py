"""What extensions register: the tables, both spellings, checks that name the line."""

from __future__ import annotations

import re
import sys

import pytest

from pi.extensions.api import METHODS
from pi.extensions.context import CONTEXT_METHODS, CommandContext, Context, ToolContext
from pi.extensions.host import ExtensionError, Host
from pi.extensions.naming import camel
from pi.extensions.registration import Registration
from tests.hookkit import FakeHost, loaded, running

# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_there_in_both_spellings(tmp_path, name):
    host = FakeHost(**{name: lambda *args, **named: name, "thinking_level": lambda: name})
    held = {}
    sys.modules["held_by_api"] = held  # type: ignore[assignment]
    try:
        running(
            tmp_path, "import held_by_api\ndef extend(pi):\n    held_by_api['pi'] = pi\n", host=host
        )
    finally:
        del sys.modules["held_by_api"]
    pi = held["pi"]
    row = METHODS[name]
    assert row.help
    assert row.call.startswith(name)
    assert row.when in ("load", "session")
    assert type(getattr(pi, name)) is type(getattr(pi, camel(name)))
    assert name in dir(pi)
    with pytest.raises(AttributeError, match="pi has no nothing"):
        _ = pi.nothing


def test_the_verbs_of_the_port_are_what_the_tables_need():
    verbs = {name for name in dir(Host) if not name.startswith("_")}
    for name, row in METHODS.items():
        if row.when == "session":
            assert {"get_thinking_level": "thinking_level"}.get(name, name) in verbs
        elif name != "version":
            assert name == "events" or hasattr(Registration, name)
    for name, row in CONTEXT_METHODS.items():
        own = {"context": Context, "command": CommandContext, "tool": ToolContext}[row.on]
        assert name in verbs or hasattr(own, f"_{name}"), name


@pytest.mark.parametrize("verb", [name for name in dir(Host) if name[0] != "_"])
def test_a_verb_that_nobody_implemented_says_so(verb):
    found = getattr(Host(), verb)
    if not callable(found):
        return
    with pytest.raises((ExtensionError, TypeError), match=r"not available yet|missing"):
        found()


# --- registering ---------------------------------------------------------------------------------

WRONG = [
    ("pi.on('tool_call')(5)", "the handler of tool_call must be a function, not int"),
    ("pi.on('tool_call', 'x')", "must be a function, not str"),
    ("pi.on(None, print)", "there is no event None"),
    ("pi.on('input', wait)", "coroutine function; write def"),
    ("pi.on('input', (lambda event: (yield)))", "generator function; it must not yield"),
    ("pi.register_tool({})", "a tool cannot be called None"),
    ("pi.register_tool(name='a b', execute=print)", "a tool cannot be called 'a b'"),
    ("pi.register_tool(name='a')", 'tool "a" has no execute'),
    ("pi.register_tool(name='a', execute=1)", 'execute of tool "a" must be a function'),
    ("pi.register_tool(name='a', execute=wait)", "coroutine"),
    (
        "pi.register_tool(name='a', execute=print, parameters=[])",
        "parameters must be a dict, not list",
    ),
    ("pi.register_tool(name='a', execute=print, parameters={'type': 'string'})", "of an object"),
    ("pi.register_tool(name='a', execute=print, parameters={'x': print})", "are not JSON"),
    (
        "pi.register_tool(name='a', execute=print, exposure='none')",
        "exposure must be one of direct",
    ),
    ("pi.register_tool(name='a', execute=print, prompt_guidelines='x')", "must be a list of texts"),
    ("pi.register_tool(name='a', execute=print, description=3)", "description must be a text"),
    ("pi.register_tool(name='a', execute=print, execution_mode='x')", "sequential, parallel"),
    ("pi.register_tool(wait)", "coroutine"),
    ("pi.register_tool(lambda x: 1)", "'<lambda>'|lambda"),
    ("pi.register_tool('bash')", "must be a function, not str"),
    ("pi.tool(name='a')(5)", "must be a function, not int"),
    ("pi.register_command('')", "needs a name without spaces"),
    ("pi.register_command('a b', print)", "needs a name without spaces"),
    ("pi.register_command('a')", "the handler of /a must be a function, not NoneType"),
    ("pi.register_command('a', {'handle': print})", "there is no option handle"),
    ("pi.register_command('a', print, complete=3)", "complete of /a must be a function"),
    ("pi.register_command('a', print, description=3)", "description of /a must be a text"),
    ("pi.register_shortcut('', print)", "a shortcut needs a key"),
    ("pi.register_shortcut('ctrl+x', None)", "the handler of ctrl.x must be a function"),
    ("pi.register_flag('a b')", "a flag needs a name"),
    ("pi.register_flag('a', type='number')", "type must be boolean or string"),
    ("pi.register_flag('a', type='string', default=True)", "the default must be a string"),
    ("pi.register_setting('')", "a setting needs a key"),
    ("pi.register_setting('a', 'color')", "kind must be one of"),
    ("pi.register_setting('a', 'number', 'x')", "the default must be a number"),
    ("pi.get_setting('a')", "there is no setting a: register it first"),
    ("pi.register_provider('a')", "say what it is"),
    ("pi.register_provider({})", "name must be a text"),
    (
        "pi.register_virtual_model(provider='a', id='b')",
        "route of a virtual model must be a function",
    ),
    ("pi.register_virtual_model(id='b', route=print)", "provider must be a text"),
    ("pi.register_message_renderer('a', 3)", "the renderer of a must be a function"),
    (
        "pi.register_markdown_transformer(print, message_types=['x'])",
        "there is no message type 'x'",
    ),
    ("pi.exec('ls')", "pi.exec is not possible inside extend"),
    ("pi.append_entry('x')", "pi.append_entry is not possible inside extend"),
]


@pytest.mark.parametrize(("line", "expected"), WRONG, ids=[each[0] for each in WRONG])
def test_what_is_registered_wrongly_names_the_line(tmp_path, line, expected):
    head = "async def wait(event):\n    pass\ndef extend(pi):\n    pi.register_flag('x')\n"
    text = f"{head}    {line}\n"
    result, host = loaded(tmp_path, text)
    assert result.extensions == ()
    assert len(result.problems) == 1
    assert re.search(expected, result.problems[0])
    assert result.problems[0].endswith("(e0.py:5)")
    assert host.faults == []


COMMANDS = ["@pi.command", "@pi.command()", "@pi.command(description='Look')"]


@pytest.mark.parametrize("decorator", [*COMMANDS, "@pi.command('look-here')"])
def test_a_command_is_called_like_its_function_unless_it_says_otherwise(tmp_path, decorator):
    text = f"def extend(pi):\n    {decorator}\n    def look_here(args, ctx):\n        pass\n"
    result, _ = loaded(tmp_path, text)
    assert result.problems == []
    assert list(result.extensions[0].commands) == ["look-here"]


def test_what_is_registered_late_counts_at_once(tmp_path):
    host = FakeHost(
        tools_changed=None,
        register_provider=None,
        unregister_provider=None,
        register_virtual_model=None,
        unregister_virtual_model=None,
    )
    runner, host = running(
        tmp_path,
        """
        def extend(pi):
            pi.register_provider("early", {"baseUrl": "x"})
            pi.register_provider("gone", {"baseUrl": "x"})
            pi.unregister_provider("gone")
            route = lambda request, ctx: (request, ctx.mode)
            pi.register_virtual_model(provider="r", id="v", route=route)
            pi.register_virtual_model({"provider": "r", "id": "w", "route": print})
            pi.unregister_virtual_model("r", "w")

            @pi.on("session_start")
            def later():
                pi.register_provider("late", base_url="y")
                pi.unregister_provider("early")
                pi.register_virtual_model(provider="r", id="x", route=print)
                pi.unregister_virtual_model("r", "v")
                pi.register_tool(name="t", execute=print)
                pi.register_tool(name="u", execute=print, colour=1)
                pi.on("turn_start", print)
        """,
        host=host,
    )
    made = runner.extensions[0]
    assert made.providers == [("early", {"baseUrl": "x"})]
    assert [each["id"] for each in made.virtual_models] == ["v"]
    assert made.virtual_models[0]["route"]("ask") == ("ask", "print")
    assert not runner.wants("turn_start")
    runner.fire("session_start")
    assert [fault.error for fault in host.faults] == [
        'tool "u": a tool has no field colour; it is passed over'
    ]
    assert runner.wants("turn_start")
    assert [name for name, _, _ in host.calls] == [
        "register_provider",
        "unregister_provider",
        "register_virtual_model",
        "unregister_virtual_model",
        "tools_changed",
        "tools_changed",
    ]
    assert host.calls[0][1] == (made.path, "late", {"base_url": "y"})
    assert [each.tool.name for each in runner.tools()] == ["t", "u"]


def test_flags_and_settings(tmp_path):
    host = FakeHost(
        get_settings={"extensionSettings": {"e0": {"size": "big", "words": ["a"]}, "e1": {"x": 1}}}
    )
    runner, host = running(
        tmp_path,
        """
        def extend(pi):
            pi.register_flag("plan", {"type": "boolean", "default": False, "description": "d"})
            pi.register_flag("--who", type="string")
            pi.register_setting("size", "number", 3, help="how big")
            pi.register_setting("words", "list")
            got = pi.get_flag("plan"), pi.get_flag("who"), pi.get_flag("other")
            assert got == (False, None, None)
            assert pi.getSetting("size") == 3

            @pi.on("session_start")
            def later(event, ctx):
                pi.events.emit("seen", [ctx.flags, pi.getFlag("plan"), pi.get_setting("size"),
                                        pi.get_setting("words")])
            pi.events.on("seen", SEEN.append)
            assert pi.version
        SEEN = []
        """,
        host=host,
    )
    host.given_flags = {"plan": True}
    runner.fire("session_start")
    seen = sys.modules[runner.extensions[0].module].SEEN
    assert host.faults == []
    assert seen == [[{"plan": True, "who": None}, True, 3, ["a"]]]
    assert [
        each.help if hasattr(each, "help") else each.description for each in runner.settings()
    ] == [
        "how big",
        "",
    ]
