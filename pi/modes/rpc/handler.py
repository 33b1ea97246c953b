"""What the commands do: each takes a `Call` and returns the data of its response.

A handler that returns a function is one that takes long; see `pi.modes.rpc.command`.
"""

from __future__ import annotations

from pi import adjust, succession
from pi.errors import PiError
from pi.messages import is_failed, text_of
from pi.modes.rpc.call import LATER, NOTHING
from pi.providers.thinking import levels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.modes.rpc.call import Call

_GO_AHEAD = {"cancelled": False}  # extensions may one day keep a session from being left

# --- prompts -------------------------------------------------------------------------------------


def prompt(call: Call) -> Any:
    """Answered when the prompt is accepted: before the first event of its run."""
    call.agent.prompt(
        call.get("message"),
        accepted=lambda disposition: call.succeed({"disposition": disposition}),
        refused=lambda error: call.fail(str(error)),
        images=call.get("images", ()),
        behaviour=call.get("streamingBehavior"),
    )
    return LATER


def steer(call: Call) -> Any:
    """For after the tool calls of the current answer."""
    return _queue(call, "steer")


def follow_up(call: Call) -> Any:
    """For when the run would stop."""
    return _queue(call, "followUp")


def _queue(call: Call, behaviour: str) -> Any:
    call.agent.queue(behaviour, call.get("message"), call.get("images", ()))
    return {"disposition": "queued"}


def abort(call: Call) -> Any:
    """Answered when everything has come to its end."""
    agent = call.agent
    agent.abort()
    if agent.is_idle:
        return NOTHING

    def wait() -> Any:
        agent.wait()
        return NOTHING

    return wait


def clear_queue(call: Call) -> Any:
    """The texts go back to whoever wrote them."""
    steering, follow_ups = call.agent.harness.clear_queues()
    return {"steering": steering, "followUp": follow_ups}


# --- state ---------------------------------------------------------------------------------------


def get_state(call: Call) -> Any:
    """What a client shows of the agent at a glance."""
    agent, harness, session = call.agent, call.agent.harness, call.agent.session
    state = {
        "model": harness.model,
        "thinkingLevel": harness.thinking,
        "isStreaming": agent.is_streaming,
        "isCompacting": harness.is_compacting,
        "steeringMode": harness.steering.mode,
        "followUpMode": harness.follow_ups.mode,
        "sessionFile": session.path,
        "sessionId": session.id,
        "sessionName": session.name(),
        "autoCompactionEnabled": harness.auto_compaction,
        "messageCount": len(session.messages()),
        "pendingMessageCount": len(harness.steering.texts()) + len(harness.follow_ups.texts()),
    }
    return {key: value for key, value in state.items() if value is not None}


def get_messages(call: Call) -> Any:
    """The active branch, after compaction."""
    return {"messages": call.agent.session.messages()}


def get_session_stats(call: Call) -> Any:
    """Counts, tokens and cost of the whole session."""
    return call.agent.harness.stats()


def get_last_assistant_text(call: Call) -> Any:
    """An answer that was aborted before it said anything does not count."""
    for message in reversed(call.agent.session.messages()):
        if message["role"] == "assistant" and (message["content"] or not is_failed(message)):
            return {"text": text_of(message).strip() or None}
    return {"text": None}


def get_commands(call: Call) -> Any:
    """What a prompt may begin with, after a slash."""
    return {"commands": call.agent.conversation.commands()}


# --- model and thinking --------------------------------------------------------------------------


def set_model(call: Call) -> Any:
    """For this session; the default stays."""
    return adjust.set_model(call.agent, call.get("provider"), call.get("modelId"))


def cycle_model(call: Call) -> Any:
    """Null when there is no other."""
    found = adjust.cycle_model(call.agent)
    if found is None:
        return None
    model, level, is_scoped = found
    return {"model": model, "thinkingLevel": level, "isScoped": is_scoped}


def get_available_models(call: Call) -> Any:
    """All that can be used."""
    return {"models": adjust.available(call.agent)}


def set_thinking_level(call: Call) -> Any:
    """The nearest one the model has."""
    adjust.set_level(call.agent, call.get("level"))
    return NOTHING


def cycle_thinking_level(call: Call) -> Any:
    """Null for a model that does not think."""
    level = adjust.cycle_level(call.agent)
    return None if level is None else {"level": level}


def get_available_thinking_levels(call: Call) -> Any:
    """Those of the current model."""
    return {"levels": levels(call.agent.harness.model)}


# --- queues, compaction, retries -----------------------------------------------------------------


def set_steering_mode(call: Call) -> Any:
    """Saved."""
    adjust.set_queue_mode(call.agent, "steering", call.get("mode"))
    return NOTHING


def set_follow_up_mode(call: Call) -> Any:
    """Saved."""
    adjust.set_queue_mode(call.agent, "followUp", call.get("mode"))
    return NOTHING


def compact(call: Call) -> Any:
    """Aborts a run first; prompts are refused until it has ended."""
    return call.agent.compaction(call.get("customInstructions"))


def set_auto_compaction(call: Call) -> Any:
    """Saved."""
    adjust.set_auto_compaction(call.agent, call.get("enabled"))
    return NOTHING


def set_auto_retry(call: Call) -> Any:
    """Saved."""
    adjust.set_auto_retry(call.agent, call.get("enabled"))
    return NOTHING


def abort_retry(call: Call) -> Any:
    """Ends the pause before a retry; the prompt then settles with its failure."""
    call.agent.harness.abort_retry()
    return NOTHING


# --- shell ---------------------------------------------------------------------------------------


def bash(call: Call) -> Any:
    """Its output comes as events; the whole of it is kept for the model's next prompt."""
    exclude = call.get("excludeFromContext")
    return call.agent.shell.start(call.get("command"), call_id=call.id, exclude=exclude)


def abort_bash(call: Call) -> Any:
    """Kills every command of the user, none of the model."""
    call.agent.shell.abort()
    return NOTHING


# --- sessions ------------------------------------------------------------------------------------


def new_session(call: Call) -> Any:
    """Takes over when the run has been aborted, as the four below."""
    succession.new_session(call.agent, call.get("parentSession"))
    return _GO_AHEAD


def switch_session(call: Call) -> Any:
    """A missing file is a new session."""
    succession.switch_to(call.agent, call.get("sessionPath"))
    return _GO_AHEAD


def fork(call: Call) -> Any:
    """The text is for editing and sending again."""
    return {"text": succession.fork(call.agent, call.get("entryId")), **_GO_AHEAD}


def clone(call: Call) -> Any:
    """The whole active branch."""
    succession.clone(call.agent)
    return _GO_AHEAD


def get_fork_messages(call: Call) -> Any:
    """What `fork` takes."""
    points = succession.fork_points(call.agent)
    return {"messages": [{"entryId": entry_id, "text": words} for entry_id, words in points]}


def get_entries(call: Call) -> Any:
    """In the order of the file; `since` is the last entry the client has seen."""
    session, since = call.agent.session, call.get("since")
    entries = session.entries()
    if since is not None:
        ids = [entry["id"] for entry in entries]
        if since not in ids:
            raise PiError(f"Entry not found: {since}")
        entries = entries[ids.index(since) + 1 :]
    return {"entries": entries, "leafId": session.leaf_id}


def get_tree(call: Call) -> Any:
    """Roots with their children."""
    session = call.agent.session
    return {"tree": session.tree.nested(), "leafId": session.leaf_id}


def set_session_name(call: Call) -> Any:
    """On one line, without blanks around it."""
    adjust.set_name(call.agent, call.get("name"))
    return NOTHING


def export_html(call: Call) -> Callable[[], Any]:
    """A page of the whole session."""
    session, path = call.agent.session, call.get("outputPath")
    if not session.messages():
        raise PiError("there is nothing to export yet: the session has no messages")

    def run() -> Any:
        from pi.export import html  # noqa: PLC0415 - for one rare command

        return {"path": html.export(session, path)}

    return run
