"""RPC mode as a program: prompts, queues, shell commands, sessions, and how it ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import time

import pytest

from tests import launch
from tests.fakeprovider import models_config
from tests.rpckit import Rpc

CHAT = ("--model", "fake-openai/fake-1")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
HELD = {"text": "a b c d e f", "fault": {"hold_after_records": 3}}
"""An answer that stops in the middle until `provider.release()`."""


@pytest.fixture
def rpc(agent_home):
    with Rpc(agent_home, *CHAT) as running:
        yield running


def run_held(rpc, provider, *replies, message="hi"):
    """Start a prompt and wait until its answer is in the middle."""
    provider.reply(HELD, *replies)
    assert rpc.call("prompt", message=message)["data"] == {"disposition": "started"}
    rpc.event("message_update")


def entries(path):
    with open(path, "rb") as file:
        return [json.loads(line) for line in file]


def roles(rpc):
    return [message["role"] for message in rpc.call("get_messages")["data"]["messages"]]


# --- prompts -------------------------------------------------------------------------------------


def test_nothing_is_said_before_a_command_and_a_prompt_runs_to_its_end(rpc, provider):
    provider.reply("Hello \u2028 there")
    rpc.send({"id": 1, "type": "prompt", "message": "say \u2029"})
    rpc.event("agent_settled")
    assert rpc.records[0] == {
        "id": 1,
        "type": "response",
        "command": "prompt",
        "success": True,
        "data": {"disposition": "started"},
    }
    assert rpc.types()[1:] == [
        "agent_start",
        "turn_start",
        *["message_start", "message_end"] * 3,
        "turn_end",
        "agent_end",
        "agent_settled",
    ]
    assert "\u2028".encode() in b"".join(rpc.lines)
    text = rpc.call("get_last_assistant_text")["data"]["text"]
    assert text == "Hello \u2028 there"
    assert provider.last.conversation.user_texts == ["say \u2029"]
    assert rpc.call("get_state")["data"]["messageCount"] == 3
    assert rpc.finish() == 0
    assert rpc.stderr == b""


def test_a_prompt_while_the_agent_works_says_how_it_is_queued(rpc, provider):
    run_held(rpc, provider, "two", "three")
    refused = rpc.call("prompt", message="no")
    assert refused["success"] is False
    assert "streamingBehavior" in refused["error"]
    steer = rpc.call("prompt", message="steer", streamingBehavior="steer")
    later = rpc.call("prompt", message="later", streamingBehavior="followUp")
    assert steer["data"] == later["data"] == {"disposition": "queued"}
    state = rpc.call("get_state")["data"]
    assert (state["isStreaming"], state["pendingMessageCount"]) == (True, 2)
    provider.release()
    rpc.event("agent_settled")
    updates = [r for r in rpc.records if r["type"] == "queue_update"]
    assert [(u["steering"], u["followUp"]) for u in updates] == [
        (["steer"], []),
        (["steer"], ["later"]),
        ([], ["later"]),
        ([], []),
    ]
    assert rpc.types().count("agent_settled") == 1
    assert provider.last.conversation.user_texts == ["hi", "steer", "later"]


def test_no_prompt_is_lost_when_runs_end_as_it_comes(rpc, provider):
    provider.use(lambda request: "ok")
    texts = [f"message {number}" for number in range(60)]
    for words in texts:
        answer = rpc.call("prompt", message=words, streamingBehavior="followUp")
        assert answer["data"]["disposition"] in ("started", "queued")
    while (state := rpc.call("get_state")["data"])["isStreaming"]:
        assert rpc.process.poll() is None
    assert state["pendingMessageCount"] == 0
    messages = rpc.call("get_messages")["data"]["messages"]
    said = [m["content"][0]["text"] for m in messages if m["role"] == "user"]
    assert said == texts
    dispositions = [r["data"]["disposition"] for r in rpc.responses() if r["command"] == "prompt"]
    assert rpc.types().count("agent_settled") == dispositions.count("started")


def test_messages_queued_while_nothing_runs_go_along_with_the_next_prompt(rpc, provider):
    provider.reply("one", "two")
    assert rpc.call("steer", message="first")["data"] == {"disposition": "queued"}
    assert rpc.call("follow_up", message="last")["data"] == {"disposition": "queued"}
    rpc.call("prompt", message="hi")
    rpc.event("agent_settled")
    assert provider.model_requests[0].conversation.user_texts == ["hi", "first"]
    assert provider.model_requests[1].conversation.user_texts == ["hi", "first", "last"]


def test_abort_answers_after_the_end_and_keeps_what_is_queued(rpc, provider):
    run_held(rpc, provider)
    rpc.call("follow_up", message="later")
    rpc.send({"id": "a", "type": "abort"})
    assert rpc.event("agent_settled")["aborted"] is True
    assert rpc.event("response") == {
        "id": "a",
        "type": "response",
        "command": "abort",
        "success": True,
    }
    state = rpc.call("get_state")["data"]
    assert (state["isStreaming"], state["pendingMessageCount"]) == (False, 1)
    cleared = rpc.call("clear_queue")["data"]
    assert cleared == {"steering": [], "followUp": ["later"]}
    last = rpc.call("get_messages")["data"]["messages"][-1]
    assert last["stopReason"] == "aborted"
    assert last["content"][0]["text"].startswith("a ")
    provider.assert_requests(1)


def test_abort_reaches_the_shell_of_a_tool(rpc, provider):
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": "echo on; sleep 60"}}]})
    rpc.call("prompt", message="hi")
    rpc.wait(lambda r: r["type"] == "tool_execution_update" and r["partialResult"]["content"])
    started = time.monotonic()
    assert rpc.call("abort")["success"]
    assert time.monotonic() - started < 5
    (end,) = (r for r in rpc.records if r["type"] == "tool_execution_end")
    assert end["isError"] is True
    assert end["result"]["content"][0]["text"].endswith("Command aborted")


def test_pictures_are_sent_and_what_is_none_is_told(agent_home, provider):
    agent_home.write("models.json", models_config(provider, input=["text", "image"]))
    provider.reply("ok", "ok")
    with Rpc(agent_home, *CHAT) as rpc:
        image = {"type": "image", "data": base64.b64encode(PIXEL).decode(), "mimeType": "image/png"}
        rpc.call("prompt", message="look", images=[image])
        rpc.event("agent_settled")
        (message,) = [m for m in provider.last.body["messages"] if m["role"] == "user"]
        assert [part["type"] for part in message["content"]] == ["text", "image_url"]
        refused = rpc.call("prompt", message="x", images=[{**image, "data": "A"}])
        assert refused["success"] is False
        assert "images[0]" in refused["error"]
        assert "base64" in refused["error"]
        assert rpc.call("get_state")["data"]["isStreaming"] is False
        wrong = rpc.call("prompt", message="x", images=["AAAA"])
        assert wrong["error"].startswith("prompt: images is wrong")


def test_a_failure_after_acceptance_is_told_by_events(rpc, provider):
    provider.reply({"error": "openai/not_found"})
    assert rpc.call("prompt", message="hi")["success"] is True
    rpc.event("agent_settled")
    end = [r for r in rpc.records if r["type"] == "message_end"][-1]
    assert end["message"]["stopReason"] == "error"
    assert rpc.finish() == 0


def test_retries_can_be_given_up(agent_home, provider):
    agent_home.write("settings.json", {"retry": {"baseDelayMs": 60_000}})
    provider.reply({"error": "overloaded"}, "never")
    with Rpc(agent_home, *CHAT) as rpc:
        rpc.call("prompt", message="hi")
        rpc.event("auto_retry_start")
        assert rpc.call("abort_retry")["success"] is True
        rpc.event("agent_settled")
        (ended,) = [r for r in rpc.records if r["type"] == "auto_retry_end"]
        assert (ended["success"], ended["finalError"]) == (False, "Retry cancelled")
        assert rpc.call("set_auto_retry", enabled=False)["success"] is True
        provider.reply({"error": "overloaded"})
        rpc.call("prompt", message="again")
        rpc.event("agent_settled")
        assert rpc.types().count("auto_retry_start") == 1
        saved = json.loads((agent_home.agent / "settings.json").read_text())
        assert saved["retry"] == {"baseDelayMs": 60_000, "enabled": False}


# --- commands ------------------------------------------------------------------------------------


def test_a_slow_command_keeps_no_other_waiting(rpc):
    rpc.send({"id": "slow", "type": "bash", "command": "echo on; sleep 60"})
    assert rpc.event("bash_execution_update") == {
        "type": "bash_execution_update",
        "id": "slow",
        "delta": "on\n",
    }
    assert rpc.call("get_state")["success"]
    rpc.send({"type": "abort_bash"})
    done = rpc.wait(lambda r: r.get("id") == "slow" and r["type"] == "response")
    assert done["data"] == {"output": "on\n", "cancelled": True, "truncated": False}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", {"command": "parse", "error": "Failed to parse command: the line is empty"}),
        (b"nope", {"command": "parse"}),
        (b"\xff\xfe", {"command": "parse"}),
        (b"5", {}),
        (b"null", {}),
        (b"[]", {}),
        (b"{}", {}),
        (b'{"id":[1],"type":"sing"}', {"id": [1], "command": "sing"}),
        (b'{"id":null,"type":["x"]}', {"id": None, "command": ["x"]}),
        (b'{"type":"prompt"}', {"command": "prompt"}),
        (b'{"type":"bash","command":5}', {"command": "bash"}),
        (b'{"type":"set_steering_mode","mode":"some"}', {"command": "set_steering_mode"}),
        (b'{"type":"set_auto_retry","enabled":"yes"}', {"command": "set_auto_retry"}),
        (b'{"type":"fork","entryId":"x"}', {"command": "fork"}),
        (b'{"type":"clone"}', {"command": "clone"}),
        (b'{"type":"switch_session","sessionPath":"/dev/null/x"}', {"command": "switch_session"}),
        (b'{"type":"bash","command":"a\\u0000b"}', {"command": "bash"}),
    ],
)
def test_what_cannot_be_done_gets_a_response(rpc, line, expected):
    rpc.send(line + b"\r\n")
    response = rpc.event("response")
    error = response.pop("error")
    assert response == {"type": "response", "success": False} | {
        key: value for key, value in expected.items() if key != "error"
    }
    assert error == expected.get("error", error)
    assert "\n" not in error
    assert rpc.call("get_state")["success"] is True


def test_commands_cut_into_pieces_and_without_a_last_line_end(rpc):
    for byte in b'{"id":"a","type":"get_commands"}\n{"id":"b",':
        rpc.send(bytes([byte]))
    assert rpc.event("response")["data"] == {"commands": []}
    rpc.send(b'"type":"get_state"}')
    assert rpc.finish() == 0
    assert [r["id"] for r in rpc.responses()] == ["a", "b"]


def test_commands_happen_in_the_order_they_come(agent_home):
    with Rpc(agent_home, "--model", "fake-openai/fake-think") as rpc:
        commands = [
            {"type": "set_thinking_level", "level": "low"},
            {"type": "get_state"},
            {"type": "set_model", "provider": "fake-openai", "modelId": "fake-1"},
            {"type": "get_state"},
            {"type": "new_session"},
            {"type": "get_state"},
        ]
        rpc.send(b"".join(json.dumps(command).encode() + b"\n" for command in commands))
        assert rpc.finish() == 0
        low, other, new = (r["data"] for r in rpc.responses() if r["command"] == "get_state")
        assert (low["thinkingLevel"], other["thinkingLevel"]) == ("low", "off")
        assert other["model"]["id"] == "fake-1"
        assert new["model"]["id"] == "fake-think"
        assert new["sessionId"] != other["sessionId"]


# --- model and thinking --------------------------------------------------------------------------


def test_models_and_levels_can_be_changed(rpc, agent_home):
    assert rpc.call("cycle_thinking_level")["data"] is None
    assert rpc.call("get_available_thinking_levels")["data"] == {"levels": ["off"]}
    models = rpc.call("get_available_models")["data"]["models"]
    names = [(model["provider"], model["id"]) for model in models]
    assert ("fake-openai", "fake-think") in names
    chosen = rpc.call("set_model", provider="fake-openai", modelId="fake-think")["data"]
    assert chosen == models[names.index(("fake-openai", "fake-think"))]
    assert rpc.call("cycle_thinking_level")["data"] == {"level": "minimal"}
    assert rpc.call("set_thinking_level", level="max")["success"] is True
    assert rpc.call("get_state")["data"]["thinkingLevel"] == "high"
    assert rpc.call("cycle_thinking_level")["data"] == {"level": "off"}
    changes = [r["level"] for r in rpc.records if r["type"] == "thinking_level_changed"]
    assert changes == ["minimal", "high", "off"]
    seen = [("fake-openai", "fake-think")]
    while len(seen) <= len(names):
        data = rpc.call("cycle_model")["data"]
        assert data["isScoped"] is False
        seen.append((data["model"]["provider"], data["model"]["id"]))
    assert seen[0] == seen[-1]
    assert sorted(seen[1:]) == sorted(names)
    assert rpc.call("set_model", provider="x", modelId="y")["error"] == "Model not found: x/y"
    assert not (agent_home.agent / "settings.json").exists()


def test_a_choice_of_models_brings_its_levels(agent_home):
    scope = "fake-openai/fake-1,fake-openai/fake-think:high"
    with Rpc(agent_home, "--models", scope) as rpc:
        first, second = (rpc.call("cycle_model")["data"] for _ in range(2))
        assert (first["model"]["id"], first["thinkingLevel"]) == ("fake-think", "high")
        assert (second["model"]["id"], second["thinkingLevel"]) == ("fake-1", "off")
        assert first["isScoped"] is second["isScoped"] is True
    with Rpc(agent_home, "--models", "fake-openai/fake-1") as rpc:
        assert rpc.call("cycle_model")["data"] is None


def test_switches_are_saved_and_hold_at_once(rpc, agent_home):
    rpc.call("set_steering_mode", mode="all")
    rpc.call("set_follow_up_mode", mode="all")
    rpc.call("set_auto_compaction", enabled=False)
    state = rpc.call("get_state")["data"]
    assert (state["steeringMode"], state["followUpMode"]) == ("all", "all")
    assert state["autoCompactionEnabled"] is False
    assert json.loads((agent_home.agent / "settings.json").read_text()) == {
        "steeringMode": "all",
        "followUpMode": "all",
        "compaction": {"enabled": False},
    }
    (agent_home.agent / "settings.json").write_text("{broken")
    failed = rpc.call("set_steering_mode", mode="one-at-a-time")
    assert failed["success"] is False
    assert "settings.json" in failed["error"]
    assert rpc.call("get_state")["data"]["steeringMode"] == "all"


def test_without_a_model_everything_but_prompts_works(agent_home, provider):
    (agent_home.agent / "models.json").unlink()
    with Rpc(agent_home) as rpc:
        state = rpc.call("get_state")["data"]
        assert (state["model"]["id"], state["thinkingLevel"]) == ("unknown", "off")
        assert rpc.call("get_available_models")["data"] == {"models": []}
        assert rpc.call("cycle_model")["data"] is None
        assert rpc.call("bash", command="echo on")["data"]["output"] == "on\n"
        refused = rpc.call("prompt", message="hi")
        assert refused["success"] is False
        assert "No model can be used" in refused["error"]
        assert rpc.call("get_state")["data"]["isStreaming"] is False
        stats = rpc.call("get_session_stats")["data"]
        assert "contextUsage" not in stats
        assert rpc.finish() == 0


# --- compaction ---------------------------------------------------------------------------------


def test_a_compaction_refuses_prompts_and_can_be_aborted(agent_home, provider):
    agent_home.write("settings.json", {"compaction": {"keepRecentTokens": 20}})
    with Rpc(agent_home, *CHAT) as rpc:
        say(rpc, provider, "one " * 50, "two " * 50)
        provider.reply(HELD)
        rpc.send({"id": "c", "type": "compact"})
        rpc.event("compaction_start")
        provider.wait_for_requests(3)
        for fields in ({}, {"streamingBehavior": "steer"}):
            refused = rpc.call("prompt", message="no", **fields)
            assert refused["success"] is False
            assert "compaction" in refused["error"]
        state = rpc.call("get_state")["data"]
        assert (state["isCompacting"], state["isStreaming"]) == (True, False)
        assert rpc.call("compact")["success"] is False
        rpc.send({"type": "abort"})
        done = rpc.wait(lambda r: r.get("id") == "c" and r["type"] == "response")
        assert done["success"] is False
        assert rpc.call("get_state")["data"]["isCompacting"] is False
        provider.use(lambda request: "the summary")
        answer = rpc.call("compact", customInstructions="be short")
        assert answer["success"] is True, answer.get("error")
        data = answer["data"]
        assert data["summary"].startswith("the summary")
        assert rpc.call("get_session_stats")["data"]["contextUsage"]["tokens"] is None
        assert roles(rpc)[:2] == ["system", "compactionSummary"]


# --- shell ---------------------------------------------------------------------------------------


def test_a_command_of_the_user_is_run_stored_and_seen_by_the_model(rpc, provider):
    done = rpc.call("bash", command="printf 'a\\033[31mb\\r\\n'; echo err >&2; exit 3")
    assert done["data"] == {
        "output": "ab\nerr\n",
        "exitCode": 3,
        "cancelled": False,
        "truncated": False,
    }
    hidden = rpc.call("bash", command="echo secret", excludeFromContext=True)
    assert hidden["data"]["output"] == "secret\n"
    provider.reply("ok")
    rpc.call("prompt", message="hi")
    rpc.event("agent_settled")
    assert roles(rpc) == ["bashExecution", "bashExecution", "system", "user", "assistant"]
    shown = "\n".join(provider.last.conversation.user_texts)
    assert "Command exited with code 3" in shown
    assert "ab\nerr\n\n```" in shown
    assert "secret" not in shown
    path = rpc.call("get_state")["data"]["sessionFile"]
    assert [e["message"].get("excludeFromContext") for e in entries(path)[3:5]] == [None, True]


def test_long_output_is_cut_and_logged(rpc):
    data = rpc.call("bash", command="seq 1 3000")["data"]
    assert data["output"].startswith("1001\n")
    assert (data["truncated"], data["exitCode"]) == (True, 0)
    with open(data["fullOutputPath"]) as file:
        assert file.read() == "".join(f"{number}\n" for number in range(1, 3001))
    assert os.stat(data["fullOutputPath"]).st_mode & 0o777 == 0o600
    deltas = [r["delta"] for r in rpc.records if r["type"] == "bash_execution_update"]
    assert "".join(deltas) == "".join(f"{number}\n" for number in range(1, 3001))


def test_a_command_during_a_run_is_stored_after_it(rpc, provider):
    run_held(rpc, provider)
    assert rpc.call("bash", command="echo during")["data"]["output"] == "during\n"
    assert roles(rpc) == ["system", "user"]
    provider.release()
    rpc.event("agent_settled")
    assert roles(rpc) == ["system", "user", "assistant", "bashExecution"]


# --- sessions ------------------------------------------------------------------------------------


def say(rpc, provider, *messages):
    for message in messages:
        provider.reply(f"answer to {message}")
        rpc.call("prompt", message=message)
        rpc.event("agent_settled")


def test_forks_and_clones_are_files_of_their_own(rpc, provider):
    say(rpc, provider, "one", "two")
    first = rpc.call("get_state")["data"]
    points = rpc.call("get_fork_messages")["data"]["messages"]
    assert [point["text"] for point in points] == ["one", "two"]
    before = entries(first["sessionFile"])
    forked = rpc.call("fork", entryId=points[1]["entryId"])
    assert forked["data"] == {"text": "two", "cancelled": False}
    state = rpc.call("get_state")["data"]
    assert state["messageCount"] == 3
    file = entries(state["sessionFile"])
    assert file[0]["parentSession"] == first["sessionFile"]
    assert [e["id"] for e in file[1:]] == [e["id"] for e in before[1:6]]
    assert entries(first["sessionFile"]) == before
    say(rpc, provider, "three")
    assert provider.last.conversation.user_texts == ["one", "three"]
    assert rpc.call("clone")["data"] == {"cancelled": False}
    clone = rpc.call("get_state")["data"]["sessionFile"]
    assert entries(clone)[1:] == entries(state["sessionFile"])[1:]
    empty = rpc.call("fork", entryId=points[0]["entryId"])
    assert empty["data"]["text"] == "one"
    assert roles(rpc) == ["system"]


def test_another_session_takes_over_and_the_first_can_be_gone_back_to(rpc, provider):
    say(rpc, provider, "one")
    first = rpc.call("get_state")["data"]
    rpc.call("set_session_name", name=" my\nwork ")
    assert rpc.records[-2] == {"type": "session_info_changed", "name": "my work"}
    assert rpc.call("set_session_name", name=" ")["error"] == "Session name cannot be empty"
    assert rpc.call("new_session", parentSession="/some.jsonl")["data"] == {"cancelled": False}
    fresh = rpc.call("get_state")["data"]
    assert (fresh["messageCount"], "sessionName" in fresh) == (0, False)
    assert not os.path.exists(fresh["sessionFile"])
    say(rpc, provider, "two")
    assert entries(fresh["sessionFile"])[0]["parentSession"] == "/some.jsonl"
    rpc.call("switch_session", sessionPath=first["sessionFile"])
    back = rpc.call("get_state")["data"]
    assert (back["sessionId"], back["sessionName"]) == (first["sessionId"], "my work")
    say(rpc, provider, "three")
    assert provider.last.conversation.user_texts == ["one", "three"]


def test_what_is_no_session_changes_nothing(rpc, provider, agent_home):
    say(rpc, provider, "one")
    before = rpc.call("get_state")["data"]
    (agent_home.project / "x.txt").write_text("hello\n")
    failed = rpc.call("switch_session", sessionPath="x.txt")
    assert failed["success"] is False
    assert "x.txt" in failed["error"]
    gone = agent_home.project / "gone.jsonl"
    header = entries(before["sessionFile"])[0]
    gone.write_text(json.dumps({**header, "cwd": "/nowhere/at/all"}) + "\n")
    assert "/nowhere/at/all" in rpc.call("switch_session", sessionPath=str(gone))["error"]
    assert rpc.call("get_state")["data"] == before
    say(rpc, provider, "two")
    assert provider.last.conversation.user_texts == ["one", "two"]


@pytest.mark.parametrize("name", ["new_session", "clone", "switch_session"])
def test_leaving_a_session_aborts_its_run_first(rpc, provider, name):
    run_held(rpc, provider, "later")
    old = rpc.call("get_state")["data"]["sessionFile"]
    fields = {"sessionPath": old} if name == "switch_session" else {}
    rpc.send({"id": "x", "type": name, **fields})
    assert rpc.event("agent_settled")["aborted"] is True
    assert rpc.event("response")["success"] is True
    last = entries(old)[-1]["message"]
    assert (last["role"], last["stopReason"]) == ("assistant", "aborted")
    count = rpc.call("get_state")["data"]["messageCount"]
    assert count == {"new_session": 0, "clone": 2, "switch_session": 3}[name]
    rpc.call("prompt", message="on")
    rpc.event("agent_settled")
    expected = ["on"] if name == "new_session" else ["hi", "on"]
    assert provider.last.conversation.user_texts == expected


def test_entries_and_tree_are_those_of_the_file(rpc, provider):
    early = rpc.call("get_entries")["data"]
    assert [e["type"] for e in early["entries"]] == ["model_change", "thinking_level_change"]
    say(rpc, provider, "one")
    data = rpc.call("get_entries")["data"]
    path = rpc.call("get_state")["data"]["sessionFile"]
    assert data["entries"] == entries(path)[1:]
    assert data["leafId"] == data["entries"][-1]["id"]
    since = rpc.call("get_entries", since=data["entries"][2]["id"])["data"]
    assert since["entries"] == data["entries"][3:]
    assert rpc.call("get_entries", since="zz")["error"] == "Entry not found: zz"
    tree = rpc.call("get_tree")["data"]["tree"]
    found = []
    while tree:
        (node,) = tree
        found.append(node["entry"])
        tree = node["children"]
    assert found == data["entries"]


def test_without_a_session_file(agent_home, provider):
    with Rpc(agent_home, *CHAT, "--no-session") as rpc:
        say(rpc, provider, "one")
        assert "sessionFile" not in rpc.call("get_state")["data"]
        (point,) = rpc.call("get_fork_messages")["data"]["messages"]
        assert rpc.call("clone")["success"] is True
        assert rpc.call("fork", entryId=point["entryId"])["data"]["text"] == "one"
        assert roles(rpc) == ["system"]
        assert rpc.finish() == 0
    assert agent_home.session_files() == []


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "code"),
    [("eof", 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)
def test_the_end_in_the_middle_of_a_run(rpc, provider, agent_home, stop, code):
    run_held(rpc, provider)
    if stop == "eof":
        rpc.close_stdin()
    else:
        rpc.process.send_signal(stop)
    assert rpc.ended() == code
    (path,) = agent_home.session_files()
    last = entries(path)[-1]["message"]
    assert (last["role"], last["stopReason"]) == ("assistant", "aborted")
    assert last["content"][0]["text"].startswith("a ")
    assert b"Traceback" not in rpc.stderr


def test_the_end_of_input_right_after_a_prompt(rpc, agent_home, provider):
    provider.reply(HELD)
    rpc.send({"id": "1", "type": "prompt", "message": "hi"})
    assert rpc.finish() == 0
    assert rpc.responses()[0]["data"] == {"disposition": "started"}
    (path,) = agent_home.session_files()
    assert [e["message"]["role"] for e in entries(path)[3:5]] == ["system", "user"]
    assert all(e.get("message", {}).get("stopReason") != "pending" for e in entries(path))


def test_end_of_input_and_a_signal_together_are_orderly(rpc, provider):
    run_held(rpc, provider)
    rpc.close_stdin()
    rpc.process.send_signal(signal.SIGTERM)
    assert rpc.ended() in (0, 143)
    assert b"Traceback" not in rpc.stderr


def test_shells_are_gone_after_the_end(rpc):
    rpc.send({"type": "bash", "command": "echo $$; exec sleep 61"})
    pid = int(rpc.event("bash_execution_update")["delta"])
    rpc.process.send_signal(signal.SIGTERM)
    assert rpc.ended() == 143
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def wait_for_session(home):
    deadline = time.monotonic() + 10
    while not (home.session_files() and len(entries(home.session_files()[0])) > 4):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return home.session_files()[0]


def test_a_client_that_does_not_read_cannot_hold_up_the_end(agent_home, provider):
    provider.use(lambda request: "word " * 200_000)
    process = launch.start(agent_home, "--mode", "rpc", *CHAT)
    try:
        process.stdin.write(b'{"type":"prompt","message":"hi"}\n')
        process.stdin.flush()
        provider.wait_for_requests(1)
        path = wait_for_session(agent_home)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
        assert time.monotonic() - started < 5
        assert entries(path)[-1]["message"]["stopReason"] in ("aborted", "stop")
    finally:
        launch.end(process)


def test_a_client_that_left_ends_it(agent_home, provider):
    provider.use(lambda request: "word " * 1000)
    process = launch.start(agent_home, "--mode", "rpc", *CHAT)
    try:
        process.stdout.close()
        process.stdin.write(b'{"type":"prompt","message":"hi"}\n')
        process.stdin.flush()
        assert process.wait(10) == 141
        assert b"Traceback" not in process.stderr.read()
    finally:
        launch.end(process)


def test_standard_output_is_for_records_alone(agent_home):
    with Rpc(agent_home, "--model", "nobody/nothing-of-the-kind") as rpc:
        rpc.ended()
        assert rpc.records == []
        assert b"nothing-of-the-kind" in rpc.stderr


def test_an_export_masks_the_keys_that_are_known(agent_home, provider):
    secret = "plain-looking-secret-42"
    provider.reply(f"your key is {secret}")
    with Rpc(agent_home, *CHAT, env={"ACME_API_KEY": secret}) as rpc:
        rpc.call("prompt", message="hi")
        rpc.event("agent_settled")
        path = rpc.call("export_html")["data"]["path"]
        bad = rpc.call("export_html", outputPath="no/such/page.html")
        at_home = rpc.call("export_html", outputPath="~/page.html")["data"]["path"]
    page = (agent_home.project / path).read_text("utf-8")
    assert secret not in page
    assert "your key is [secret]" in page
    assert bad["error"].count("no/such/page.html") == 1
    assert at_home == str(agent_home.home / "page.html")
    assert (agent_home.home / "page.html").read_text("utf-8") == page
