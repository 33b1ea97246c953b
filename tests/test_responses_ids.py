"""Item ids of Responses, and the signatures that keep them."""

from __future__ import annotations

import json

import pytest

from pi.providers.responses_ids import (
    item_fields,
    joined_id,
    message_fields,
    reasoning_item,
    split_id,
    text_signature,
)

SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk"}


@pytest.mark.parametrize(
    ("call_id", "item_id", "joined"), [("call_1", "fc_1", "call_1|fc_1"), ("call_1", "", "call_1")]
)
def test_a_call_id_keeps_both_ids(call_id, item_id, joined):
    assert joined_id(call_id, item_id) == joined
    assert split_id(joined) == (call_id, item_id)


@pytest.mark.parametrize(
    ("item_id", "sent"),
    [
        ("fc_1", True),
        ("fc" + "z" * 62, True),
        ("fc" + "z" * 63, False),
        ("ctc_1", False),
        ("fc_1$", False),
        ("fc_1|x", False),
        ("", False),
    ],
)
def test_only_ids_the_service_can_have_made_are_sent(item_id, sent):
    assert item_fields(item_id, "fc") == ({"id": item_id} if sent else {})


@pytest.mark.parametrize("phase", ["commentary", "final_answer"])
def test_a_phase_comes_back(phase):
    signature = text_signature("msg_1", phase)
    assert signature == f'{{"v":1,"id":"msg_1","phase":"{phase}"}}'
    assert message_fields(signature, "made_up") == {"id": "msg_1", "phase": phase}


@pytest.mark.parametrize("phase", [None, "", "other", 5, ["commentary"]])
def test_an_unknown_phase_is_not_kept(phase):
    assert text_signature("msg_1", phase) == '{"v":1,"id":"msg_1"}'


@pytest.mark.parametrize(
    ("signature", "item_id"),
    [
        ("msg_abc", "msg_abc"),  # how older sessions have it
        ('{"v":1,"id":"msg_abc"}', "msg_abc"),
        ('{"v":1,"id":5}', "made_up"),
        ('{"v":1', "made_up"),
        ("{" * 5000, "made_up"),
        ("", "made_up"),
        (None, "made_up"),
        (7, "made_up"),
    ],
)
def test_ids_of_messages(signature, item_id):
    assert message_fields(signature, "made_up") == {"id": item_id}


@pytest.mark.parametrize("item_id", ["m" * 65, "a b", "\u00e9"])
def test_an_id_that_cannot_be_sent_becomes_another(item_id):
    (found,) = message_fields(text_signature(item_id), "made_up").values()
    assert found.startswith("msg_")
    assert len(found) <= 64
    assert {"id": found} == message_fields(item_id, "made_up"), "the same whenever it is sent"
    assert {"id": found} != message_fields(f"{item_id}.", "made_up")


def test_reasoning_goes_back_as_it_came():
    item = {**SEALED, "status": "completed", "content": [], "later": {"a": 1}}
    assert reasoning_item(json.dumps(item)) == item
    assert reasoning_item(json.dumps({**SEALED, "status": None})) == SEALED
    raw = {"type": "reasoning", "id": "rs_1", "content": [{"type": "reasoning_text", "text": "t"}]}
    assert reasoning_item(json.dumps(raw)) == {**raw, "summary": []}


@pytest.mark.parametrize(
    "signature",
    [
        None,
        5,
        "",
        "c2lnbmF0dXJl",
        "reasoning_content",
        '"x"',
        "[1]",
        '{"type":"message"}',
        json.dumps({**SEALED, "encrypted_content": None}),
        json.dumps({"type": "reasoning", "id": "rs_1", "summary": [{"text": "only words"}]}),
    ],
)
def test_what_cannot_be_gone_on_from_is_not_sent(signature):
    assert reasoning_item(signature) is None
