"""Providers and virtual models of extensions in whole runs: registered early, late, wrongly."""

from __future__ import annotations

import json

import pytest

from tests.rpckit import Rpc

CHAT = ("--model", "fake-openai/fake-1")

LATE = """
def extend(pi):
    @pi.command("add")
    def add(args, ctx):
        pi.register_provider("late", {"base_url": args, "api_key": "sk-late-key-1",
            "api": "openai-completions", "models": [{"id": "one"}]})

    @pi.command("move")
    def move(args, ctx):
        pi.register_provider("fake-anthropic", {"baseUrl": args})

    @pi.command("remove")
    def remove(args, ctx):
        pi.unregister_provider("late")

    @pi.command("route")
    def route(args, ctx):
        pi.register_virtual_model(provider="late", id="auto", thinking_levels=["off", "high"],
            route=lambda request: {"model": "fake-openai/fake-1", "state": [request.reason]})

    @pi.command("unroute")
    def unroute(args, ctx):
        pi.unregister_virtual_model("late", "auto")
"""

WRONG = """
def extend(pi):
    pi.register_provider("half", {"baseUrl": 5})
    pi.register_provider("good", {"models": [{"id": "g"}],
        "stream": lambda model, context: ["fine"]})
    pi.register_virtual_model({"provider": "fake-openai", "id": "fake-1", "route": print})
"""


@pytest.fixture
def extension(agent_home):
    """Writes an extension; returns the words that load it."""

    def write(text):
        path = agent_home.home / "own.py"
        path.write_text(text)
        return ("-e", str(path))

    return write


def names(rpc):
    models = rpc.call("get_available_models")["data"]["models"]
    return {f"{model['provider']}/{model['id']}" for model in models}


def say(rpc, message):
    assert rpc.call("prompt", message=message)["success"]


def test_what_is_registered_late_is_there_at_once(agent_home, provider, extension):
    provider.reply("hello")
    with Rpc(agent_home, *extension(LATE), *CHAT) as rpc:
        say(rpc, f"/add {provider.base_url('openai-completions')}")
        assert "late/one" in names(rpc)
        assert rpc.call("set_model", provider="late", modelId="one")["success"]
        say(rpc, "hi")
        rpc.event("agent_settled")
        assert provider.model_requests[0].has_key("sk-late-key-1")
        say(rpc, "/remove")
        assert "late/one" not in names(rpc)
        assert "No key for late" in rpc.call("prompt", message="again")["error"]


def test_the_model_in_use_follows_its_provider(agent_home, provider, extension):
    provider.reply("hello")
    with Rpc(agent_home, *extension(LATE), *CHAT) as rpc:
        say(rpc, "/add http://127.0.0.1:9/v1")
        assert rpc.call("set_model", provider="late", modelId="one")["success"]
        say(rpc, f"/add {provider.base_url('openai-completions')}")
        moved = rpc.call("get_state")["data"]["model"]
        assert moved["baseUrl"] == provider.base_url("openai-completions")
        say(rpc, "hi")
        rpc.event("agent_settled")
        assert len(provider.model_requests) == 1


def test_models_json_goes_over_what_an_extension_says(agent_home, extension):
    with Rpc(agent_home, *extension(LATE), "--model", "fake-anthropic/fake-1") as rpc:
        before = rpc.call("get_state")["data"]["model"]
        say(rpc, "/move http://127.0.0.1:9/moved")
        assert rpc.call("get_state")["data"]["model"] == before


def test_a_virtual_model_comes_and_goes(agent_home, provider, extension):
    provider.reply("one")
    with Rpc(agent_home, *extension(LATE), *CHAT) as rpc:
        say(rpc, "/route")
        assert rpc.call("set_model", provider="late", modelId="auto")["success"]
        levels = rpc.call("get_available_thinking_levels")["data"]["levels"]
        assert levels == ["off", "high"]
        rpc.call("set_thinking_level", level="medium")
        assert rpc.call("get_state")["data"]["thinkingLevel"] == "high"
        say(rpc, "hi")
        appended = rpc.event("entry_appended")["entry"]
        assert appended["data"] == {"provider": "late", "modelId": "auto", "state": ["user"]}
        rpc.event("agent_settled")
        usage = rpc.call("get_session_stats")["data"]["contextUsage"]
        assert usage["contextWindow"] == 128_000
        say(rpc, "/unroute")
        assert rpc.call("prompt", message="again")["success"] is False
    (file,) = agent_home.session_files()
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    assert [e["modelId"] for e in entries if e["type"] == "model_change"] == ["fake-1", "auto"]


def test_a_session_whose_virtual_model_is_gone_goes_on_with_the_last_real_one(
    agent_home, provider, extension, run_pi
):
    provider.reply("one", "two", "three")
    route = LATE.replace('@pi.command("route")\n    def route(args, ctx):', "if True:")
    loads = extension(route)
    assert run_pi(*loads, "--model", "late/auto", "-p", "hi").stdout == "one\n"
    assert run_pi(*loads, "-c", "-p", "hi").stdout == "two\n"
    done = run_pi("-c", "-p", "hi")
    assert (done.stdout, done.stderr) == ("three\n", "")
    (file,) = agent_home.session_files()
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    answers = [e["message"] for e in entries if e.get("message", {}).get("role") == "assistant"]
    assert [(m["provider"], m["model"]) for m in answers] == [("fake-openai", "fake-1")] * 3
    assert len([e for e in entries if e.get("customType") == "pi.virtual-model-state"]) == 2


def test_wrong_registrations_cost_a_line_each_and_nothing_else(run_pi, extension):
    loads = extension(WRONG)
    done = run_pi(*loads, "--model", "good/g", "-p", "hi")
    assert (done.code, done.stdout) == (0, "fine\n")
    first, second = done.stderr.splitlines()
    assert "own.py: provider half: baseUrl: expected a string that is not empty, got 5" in first
    assert "own.py: fake-openai/fake-1 is a real model" in second


def test_a_stream_that_fails_is_a_failed_answer(run_pi, extension):
    broken = WRONG.replace('["fine"]', "1 / 0")
    done = run_pi(*extension(broken), "--model", "good/g", "-p", "hi")
    assert done.code == 1
    assert "own.py: ZeroDivisionError: division by zero (own.py:5)" in done.stderr


def test_summaries_of_a_routed_conversation_are_routed_as_direct(agent_home, provider, extension):
    agent_home.write("settings.json", {"compaction": {"keepRecentTokens": 20}})
    text = """
def extend(pi):
    seen = []

    def route(request):
        seen.append(request.reason)
        return {"model": "fake-openai/fake-1"}

    pi.register_virtual_model(provider="r", id="auto", route=route)
    pi.register_command("seen", lambda args, ctx: ctx.ui.notify(" ".join(seen)))
"""
    provider.reply("y" * 300, "z" * 300, "summary", "summary")
    with Rpc(agent_home, *extension(text), "--model", "r/auto") as rpc:
        for message in ("one " * 50, "two " * 50):
            say(rpc, message)
            rpc.event("agent_settled")
        assert rpc.call("compact")["success"]
        rpc.send({"type": "prompt", "message": "/seen"})
        told = rpc.wait(lambda r: r.get("method") == "notify")["message"].split()
        assert told[:3] == ["user", "user", "direct"]
