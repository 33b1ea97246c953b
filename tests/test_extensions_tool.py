"""Tools of extensions: definitions, plain functions, what they return and raise."""

from __future__ import annotations

import pytest

from pi import schema
from pi.cancel import CancelToken
from pi.errors import Cancelled, ToolError
from pi.extensions.definition import FIELDS
from pi.extensions.extension import Extension
from pi.extensions.host import Line
from pi.extensions.registration import Registration
from pi.extensions.row import Field
from pi.messages import text
from pi.tools.base import Call, Outcome, Tool
from tests.hookkit import FakeHost, running


def tools_of(tmp_path, text, host=None):
    runner, host = running(tmp_path, text, host=host)
    return {each.tool.name: each for each in runner.tools()}, host


def run(tool, arguments=None, token=None, reported=None):
    call = Call("c1", token or CancelToken(), (reported if reported is not None else []).append)
    return tool.tool.run(arguments or {}, call)


SHAPES = """
    from pi.tools.base import Outcome
    from pi.messages import text

    def extend(pi):
        def give(name, execute):
            pi.register_tool({"name": name, "execute": execute})
        give("none", lambda: "no arguments")
        give("one", lambda params: params["a"])
        give("two", lambda params, ctx: [ctx.tool_call_id, ctx.cwd])
        give("five", five)
        give("many", lambda *args: len(args))
        give("method", Held().execute)
        give("nothing", lambda: None)
        give("number", lambda: 3.5)
        give("outcome", lambda: Outcome([text("o")], details=1))
        give("full", lambda: {"content": [{"type": "text", "text": "f"}], "details": {"a": 1},
             "isError": True, "terminate": 1, "usage": {"input": 1}, "structuredContent": [1]})
        give("short", lambda: {"content": "short", "is_error": False})
        give("bad", lambda: {"content": [{"type": "text"}]})
        give("plain", lambda: {"a": "\\ud800"})

    def five(tool_call_id, params, signal, on_update, ctx):
        on_update("half")
        on_update({"content": [{"type": "text", "text": "more"}], "details": 1})
        return f"{tool_call_id} {params} {signal.cancelled} {signal.aborted} {ctx.signal is signal}"

    class Held:
        def execute(self, params):
            return "method"
"""


def outcome(words, **more):
    return Outcome([text(words)], **more)


def test_execute_in_all_its_shapes(tmp_path):
    tools, host = tools_of(tmp_path, SHAPES, FakeHost(cwd="/w"))
    reported = []
    expected = {
        "none": outcome("no arguments"),
        "one": outcome("A"),
        "two": outcome('["c1","/w"]'),
        "five": outcome("c1 {'a': 'A'} False False True"),
        "many": outcome("5"),
        "method": outcome("method"),
        "nothing": outcome("(no output)"),
        "number": outcome("3.5"),
        "outcome": outcome("o", details=1),
        "full": outcome(
            "f", details={"a": 1}, structured=[1], usage={"input": 1}, is_error=True, terminate=True
        ),
        "short": outcome("short"),
        "plain": outcome('{"a":"\ufffd"}', structured={"a": "\ud800"}),
    }
    for name, wanted in expected.items():
        assert run(tools[name], {"a": "A"}, reported=reported) == wanted, name
    assert [each["content"][0]["text"] for each in reported] == ["half", "more"]
    with pytest.raises(ToolError, match="bad returned content that is not a list of text"):
        run(tools["bad"])
    assert host.faults == []


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("Exception('Invalid input: x')", "Invalid input: x"),
        ("ValueError('no')", "ValueError: no"),
        ("KeyError('k')", "KeyError: 'k'"),
        ("SystemExit(3)", "SystemExit: 3"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("RuntimeError", "RuntimeError"),
        ("Exception('a\\ud800')", "a\ufffd"),
    ],
)
def test_a_tool_fails_by_raising(tmp_path, raised, told):
    one = """
        def fail():
            raise {0}
        def extend(pi):
            pi.register_tool(name='a', execute=fail)
            pi.tool(fail)
    """
    tools, _ = tools_of(tmp_path, one.format(raised))
    for name in ("a", "fail"):
        with pytest.raises(ToolError) as caught:
            run(tools[name])
        assert str(caught.value) == told


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("{'content': 'x', 'details': object()}", "JSON cannot hold"),
        ("{'content': 'x', 'details': ROUND}", "JSON cannot hold"),
        ("{'content': 'x', 'structuredContent': {1}}", "JSON cannot hold"),
        ("{'content': 'x', 'usage': {'cost': 5}}", "a usage that is no dict"),
        ("Outcome([], details={1})", "JSON cannot hold"),
    ],
)
def test_what_cannot_be_stored_costs_its_call(tmp_path, returned, told):
    one = """
        from pi.tools.base import Outcome
        ROUND = {{}}
        ROUND["itself"] = ROUND
        def odd():
            return {0}
        def extend(pi):
            pi.register_tool(name="a", execute=odd)
            pi.tool(odd)
    """
    tools, _ = tools_of(tmp_path, one.format(returned))
    for name in ("a", "odd"):
        with pytest.raises(ToolError, match=f"^{name} returned .*{told}"):
            run(tools[name])


@pytest.mark.parametrize(
    "given", ["5", "{'content': [5]}", "{'content': '', 'details': {1}}", "{}"]
)
def test_progress_that_cannot_be_shown_is_refused(tmp_path, given):
    line = f"pi.register_tool(name='a', execute=lambda params, ctx: ctx.report({given}))"
    tools, _ = tools_of(tmp_path, f"def extend(pi):\n    {line}\n")
    reported = []
    with pytest.raises(ToolError, match="progress is a text, or a dict"):
        run(tools["a"], reported=reported)
    assert reported == []


def test_an_aborted_tool_is_not_a_failed_one(tmp_path):
    line = "pi.register_tool(name='a', execute=lambda params, ctx: ctx.token.check())"
    tools, _ = tools_of(tmp_path, f"def extend(pi):\n    {line}\n")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(tools["a"], token=token)


def test_a_definition_becomes_a_tool(tmp_path):
    tools, _ = tools_of(
        tmp_path,
        """
        def extend(pi):
            pi.registerTool({
                "name": "a", "label": "The A", "description": "Does a.",
                "parameters": {"properties": {"x": {"type": "integer"}}},
                "promptSnippet": "a it", "promptGuidelines": ["Use a."],
                "prepareArguments": lambda args: {**args, "x": 1},
                "executionMode": "sequential", "defaultActive": False,
                "annotations": {"readOnlyHint": True},
                "constrainedSampling": {"type": "json_schema", "strict": "require"},
                "execute": lambda params: params, "renderCall": len,
            })
            pi.register_tool({"name": "b", "execute": print, "exposure": "deferred"}, label="B")
            pi.register_tool({"name": "c", "prepare_arguments": lambda a: 1 / 0, "execute": print})
        """,
    )
    first = tools["a"]
    tool = first.tool
    assert (tool.name, tool.description, tool.snippet) == ("a", "Does a.", "a it")
    assert tool.parameters == {"type": "object", "properties": {"x": {"type": "integer"}}}
    assert (tool.guidelines, tool.sequential, tool.strict) == (("Use a.",), True, "require")
    assert tool.prepare({"y": 2}) == {"y": 2, "x": 1}
    assert (first.label, first.exposure, first.is_default_active) == ("The A", "direct", False)
    assert first.annotations == {"readOnlyHint": True}
    assert first.definition["render_call"] is len
    assert (tools["b"].label, tools["b"].is_default_active) == ("B", False)
    assert tools["b"].tool.parameters == {"type": "object", "properties": {}}
    assert tools["c"].is_default_active
    with pytest.raises(ToolError, match="could not be prepared: ZeroDivisionError"):
        tools["c"].tool.prepare({})


def test_plain_functions_are_tools_that_may_have_a_context(tmp_path):
    tools, _ = tools_of(
        tmp_path,
        '''
        from __future__ import annotations
        from pi.tools.base import Call

        def extend(pi):
            @pi.tool
            def add(a: int, b: int = 2, *, ctx, call: Call) -> str:
                """Add two numbers.

                Args:
                    a: the first
                """
                assert call.id == ctx.tool_call_id
                return {"content": str(a + b), "details": ctx.cwd}

            @pi.tool(name="open", prompt_snippet="open it", default_active=False, label="Open")
            def opened(**names: str) -> dict:
                return names

            pi.register_tool(Held().method, description="held", execution_mode="sequential")
            assert add.__name__ == "add"

        class Held:
            def method(self, ctx, x: str = "y"):
                return x + ctx.mode
        ''',
        FakeHost(cwd="/w"),
    )
    add = tools["add"].tool
    assert add.description == "Add two numbers."
    assert list(add.parameters["properties"]) == ["a", "b"]
    assert add.parameters["properties"]["a"]["description"] == "the first"
    assert add.parameters["required"] == ["a"]
    arguments, problems = schema.check(add.parameters, {"a": "4"})
    assert problems == []
    assert run(tools["add"], arguments) == outcome("6", details="/w")
    assert run(tools["open"], {"p": "q"}).structured == {"p": "q"}
    assert (tools["open"].label, tools["open"].is_default_active) == ("Open", False)
    assert tools["open"].tool.snippet == "open it"
    assert run(tools["method"], {}) == outcome("yprint")
    assert (tools["method"].tool.sequential, tools["method"].tool.description) == (True, "held")


def test_a_tool_may_be_given_as_it_is():
    host = FakeHost()
    made = Extension("/x/e.py", Line(host))
    tool = Tool("read", "Reads.", {"type": "object"}, lambda arguments, call: outcome("x"))
    Registration(made, None).register_tool(tool, prompt_snippet="s")
    assert made.tools["read"].tool.snippet == "s"
    assert run(made.tools["read"]) == outcome("x")


def test_fields_of_definitions_are_documented():
    assert {"name", "execute", "parameters", "default_active"} <= FIELDS.keys()
    for name, (kind, words) in FIELDS.items():
        assert Field(kind, words).help, name


def test_a_tool_calls_another(tmp_path):
    host = FakeHost(execute_tool={"isError": False}, callable_tools=[{"name": "read"}])
    tools, host = tools_of(
        tmp_path,
        """
        def extend(pi):
            pi.register_tool(name="outer", execute=outer)
        def outer(params, ctx):
            ctx.report("half")
            assert ctx.tools == [{"name": "read"}]
            return ctx.executeTool("read", {"path": "a"}, {"onUpdate": len})
        """,
        host,
    )
    token = CancelToken()
    reported = []
    assert run(tools["outer"], token=token, reported=reported).structured == {"isError": False}
    verb, args, named = host.calls[-1]
    assert (verb, args) == ("execute_tool", ("c1", "read", {"path": "a"}))
    assert named == {"token": token, "on_update": len}
    assert reported == [{"content": [{"type": "text", "text": "half"}]}]
