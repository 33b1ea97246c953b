"""What the commands do: each takes a `Call` and returns the data of its response.

A handler that returns a function is one that takes long; see `pi.modes.rpc.command`.
"""

from __future__ import annotations

from pi import paths
from pi.agent import adjust, succession
from pi.errors import PiError
from pi.messages import is_failed, text_of
from pi.modes.rpc.call import LATER, NOTHING
from pi.providers.thinking import levels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.modes.rpc.call import Call


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
    call.agent.queue(
        behaviour,
        call.get("message"),
        accepted=lambda disposition: call.succeed({"disposition": disposition}),
        refused=lambda error: call.fail(str(error)),
        images=call.get("images", ()),
    )
    return LATER


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
    steering, follow_ups = call.agent.harness.queues.clear()
    return {"steering": steering, "followUp": follow_ups}


# --- state ---------------------------------------------------------------------------------------


def get_state(call: Call) -> Any:
    """What a client shows of the agent at a glance."""
    agent, harness, session = call.agent, call.agent.harness, call.agent.session
    state = {
        "model": harness.model,
        "thinkingLevel": harness.thinking,
        "isStreaming": agent.is_streaming,
        "isCompacting": harness.upkeep.is_busy,
        "steeringMode": harness.queues.steering.mode,
        "followUpMode": harness.queues.follow_ups.mode,
        "sessionFile": session.path,
        "sessionId": session.id,
        "sessionName": session.name(),
        "autoCompactionEnabled": harness.upkeep.auto,
        "messageCount": len(session.messages()),
        "pendingMessageCount": len(harness.queues.waiting()),
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
    """All that can be used; providers of extensions are asked anew which they have."""
    call.agent.configured.models.book.refresh()
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
    call.agent.harness.retry.give_up()
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
    return _done(succession.new_session(call.agent, call.get("parentSession")))


def switch_session(call: Call) -> Any:
    """A missing file is a new session."""
    return _done(succession.switch_to(call.agent, call.get("sessionPath")))


def fork(call: Call) -> Any:
    """The text is for editing and sending again."""
    text = succession.fork(call.agent, call.get("entryId"))
    return _done(False) if text is None else {"text": text, **_done(True)}


def clone(call: Call) -> Any:
    """The whole active branch."""
    return _done(succession.clone(call.agent))


def _done(is_done: bool) -> dict[str, bool]:
    """Extensions may keep a session from being left."""
    return {"cancelled": not is_done}


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
    """A page of the whole session. `~` is the user's home."""
    session, path = call.agent.session, call.get("outputPath")
    if not session.messages():
        raise PiError("there is nothing to export yet: the session has no messages")
    configured = call.agent.configured
    path = path and paths.expand(path, paths.home_dir(configured.environ))

    def run() -> Any:
        from pi.export import html, target  # noqa: PLC0415 - for one rare command
        from pi.export.look import look_in  # noqa: PLC0415
        from pi.text.secret import Mask  # noqa: PLC0415

        known = target.known_secrets(configured.environ, configured.agent_dir)
        given = configured.models.keys.given()
        agent = call.agent
        look, _ = look_in(configured, agent.arguments, agent.conversation.briefing.theme_paths)
        return {"path": html.export(session, path, Mask([*known, *given]), look)}

    return run
