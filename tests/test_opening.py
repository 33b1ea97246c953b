"""What handlers of before_agent_start make of the beginning of a run and its prompt."""

from __future__ import annotations

import pytest

from pi.messages import image, text
from pi.providers.faux import Reply
from tests.coursekit import Hooked

PROMPT = "P"


def systems(rig):
    return [m for m in rig.session.messages() if m["role"] == "system"]


def test_what_it_is_told():
    rig = Hooked(Reply([text("ok")]))
    picture = image("aGk=", "image/png")
    rig.harness.prompt([text("look"), picture])
    [event] = rig.fired("before_agent_start")
    assert (event.message_type, event.prompt, event.images) == ("user", "look", [picture])
    assert event.message is None
    assert event.system_prompt == rig.script.requests[0][0].system
    options = event.system_prompt_options
    assert options["selectedTools"] == ["echo"]
    assert options["toolSnippets"] == {"echo": "Say it again"}
    assert options["toolGuidelines"] == {"echo": ["Echo only once."]}
    assert (options["cwd"], options["sections"], options["skills"]) == ("/work", {}, [])


def test_messages_come_after_the_users_and_are_stored():
    rig = Hooked(
        Reply([text("ok")]),
        on={
            "before_agent_start": [
                lambda e: {"message": {"customType": "a", "content": "one", "details": {"n": 1}}},
                lambda e: {"message": {"customType": "b", "content": [text("two")],
                                       "display": False}},
            ]
        },
    )  # fmt: skip
    rig.harness.prompt("hi")
    assert rig.order()[3:11] == [
        "message_start:system", "message_end:system", "message_start:user", "message_end:user",
        "message_start:custom", "message_end:custom", "message_start:custom", "message_end:custom",
    ]  # fmt: skip
    assert rig.requests() == [[("user", "hi"), ("user", "one"), ("user", "two")]]
    first, second = [e for e in rig.session.entries() if e["type"] == "custom_message"]
    assert (first["customType"], first["display"], first["details"]) == ("a", True, {"n": 1})
    assert (second["display"], second["content"]) == (False, [text("two")])


@pytest.mark.parametrize(
    "message",
    [
        {"content": "no type"},
        {"customType": "x", "content": [{"type": "toolCall"}]},
        {"customType": "x", "content": "x", "details": {1, 2}},
    ],
)
def test_an_impossible_message_is_refused(message):
    rig = Hooked(Reply([text("ok")]), on={"before_agent_start": lambda e: {"message": message}})
    rig.harness.prompt("hi")
    assert rig.requests() == [[("user", "hi")]]
    assert [event for event, _ in rig.problems] == ["before_agent_start"]


def test_an_imposed_prompt_goes_to_the_provider_alone_and_for_this_run_alone():
    answers = [{"system_prompt": "FORCED"}, None]
    rig = Hooked(
        Reply([text("ok")]), on={"before_agent_start": lambda e: answers.pop(0)}, watch=False
    )
    rig.harness.prompt("hi")
    rig.harness.prompt("more")
    first, second = [context for context, _ in rig.script.requests]
    assert first.system == "FORCED"
    assert [tool["name"] for tool in first.tools] == ["echo"]
    assert second.system.endswith("<cwd>\n/work\n</cwd>")
    [system] = systems(rig)
    assert "FORCED" not in str(system)


def test_handlers_see_what_those_before_made_of_the_prompt():
    seen = []

    def look(event):
        seen.append((event.system_prompt, rig.harness.system_prompt()))

    def section(event):
        event.system_prompt_options["sections"]["extra"] = "Be nice."

    rig = Hooked(
        Reply([text("ok")]),
        on={
            "before_agent_start": [
                look, section, look, lambda e: {"systemPrompt": e.system_prompt + " END"}, look,
            ]
        },
        watch=False,
    )  # fmt: skip
    rig.harness.prompt("hi")
    assert all(event == verb for event, verb in seen)
    first, second, third = [event for event, _ in seen]
    assert second == f"{first}\n\n<extra>\nBe nice.\n</extra>"
    assert third == second + " END"
    assert rig.script.requests[0][0].system == third


def test_sections_rules_and_tools_change_what_is_recorded():
    def change(event):
        options = event.system_prompt_options
        options["sections"]["extra"] = "Be nice."
        options["promptGuidelines"].append("Rule X.")
        options["selectedTools"] = ["other", "unknown"]

    answers = [change]
    rig = Hooked(
        Reply([text("ok")]),
        on={"before_agent_start": lambda e: answers and answers.pop()(e)},
        watch=False,
    )
    rig.harness.prompt("hi")
    [system] = systems(rig)
    assert system["sections"]["extra"] == "<extra>\nBe nice.\n</extra>"
    assert "- Rule X." in system["sections"]["rules"]
    assert [tool["name"] for tool in system["toolsAdded"]] == ["other"]
    assert list(rig.harness.tools) == ["other"]  # as if it had been set for good
    rig.harness.prompt("more")
    _, after = systems(rig)
    assert after["sections"]["extra"] is None
    assert "Rule X." not in after["sections"]["rules"]
    assert "toolsAdded" not in after


def test_tools_that_a_handler_sets_by_the_verb_stay():
    def choose(event):
        rig.harness.tools = {"other": rig.available["other"]}

    rig = Hooked(Reply([text("ok")]), on={"before_agent_start": choose})
    rig.harness.prompt("hi")
    assert [tool["name"] for tool in systems(rig)[0]["toolsAdded"]] == ["other"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sections", {"bad name": "x"}),
        ("sections", "x"),
        ("promptGuidelines", [1]),
        ("contextFiles", [{"path": "x"}]),
        ("toolSnippets", {"echo": 5}),
    ],
)
def test_impossible_options_are_reported_and_change_nothing(key, value):
    def change(event):
        event.system_prompt_options[key] = value

    rig = Hooked(Reply([text("ok")]), on={"before_agent_start": change}, watch=False)
    rig.harness.prompt("hi")
    assert systems(rig)[0]["sections"]["cwd"] == "<cwd>\n/work\n</cwd>"
    [(event, told)] = rig.problems
    assert event == "before_agent_start"
    assert key in told or "bad name" in told
