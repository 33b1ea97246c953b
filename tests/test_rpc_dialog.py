"""Questions to the user through the client: what is sent, and what comes back, if anything."""

from __future__ import annotations

import json
import threading

import pytest

from pi.cancel import CancelToken
from pi.modes.rpc.dialog import Dialogs


class Client:
    """Answers each question with the next of `answers`; None: not at all."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.dialogs = Dialogs(self.take)

    def take(self, line):
        assert line.endswith("\n")
        request = json.loads(line)
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            response = {"type": "extension_ui_response", "id": request["id"], **answer}
            threading.Thread(target=self.dialogs.answer, args=(response,)).start()

    def request(self):
        """The only request, without its id."""
        (request,) = self.requests
        assert request.pop("id")
        assert request.pop("type") == "extension_ui_request"
        return request


QUESTIONS = [
    (
        lambda d: d.select("Allow?", ["Allow", "Block"], timeout_ms=9000),
        {"method": "select", "title": "Allow?", "options": ["Allow", "Block"], "timeout": 9000},
    ),
    (
        lambda d: d.confirm("Clear?", "All is lost.", timeout_ms=9000),
        {"method": "confirm", "title": "Clear?", "message": "All is lost.", "timeout": 9000},
    ),
    (
        lambda d: d.input("Value", "type something..."),
        {"method": "input", "title": "Value", "placeholder": "type something..."},
    ),
    (
        lambda d: d.editor("Edit", "Line 1\nLine 2"),
        {"method": "editor", "title": "Edit", "prefill": "Line 1\nLine 2"},
    ),
]


@pytest.mark.parametrize(("ask", "request_"), QUESTIONS)
@pytest.mark.parametrize(
    ("answer", "text", "agreed"),
    [
        ({"value": "Allow"}, "Allow", False),
        ({"value": ""}, "", False),
        ({"confirmed": True}, None, True),
        ({"confirmed": False}, None, False),
        ({"confirmed": "yes", "value": 5}, None, False),
        ({"cancelled": True, "value": "x", "confirmed": True}, None, False),
        ({}, None, False),
    ],
)
def test_questions_and_answers(ask, request_, answer, text, agreed):
    client = Client(answer)
    assert ask(client.dialogs) == (agreed if request_["method"] == "confirm" else text)
    assert client.request() == request_


def test_each_question_gets_its_own_answer():
    client = Client()
    got = {}
    threads = [
        threading.Thread(target=lambda n=n: got.update({n: client.dialogs.input(n)})) for n in "abc"
    ]
    for thread in threads:
        thread.start()
    while len(client.requests) < 3:
        threading.Event().wait(0.005)
    for request in reversed(client.requests):
        client.dialogs.answer({"id": request["id"], "value": request["title"].upper()})
    for thread in threads:
        thread.join(5)
    assert got == {"a": "A", "b": "B", "c": "C"}


def test_a_question_nobody_answers_ends_by_itself():
    client = Client()
    assert client.dialogs.select("?", ["a"], timeout_ms=10) is None
    assert client.dialogs.confirm("?", "", timeout_ms=10) is False
    client.dialogs.answer({"id": client.requests[0]["id"], "value": "late"})
    assert client.dialogs.input("?", timeout_ms=10) is None


def test_a_fired_token_ends_a_question():
    client, token = Client(), CancelToken()
    threading.Timer(0.02, token.cancel).start()
    assert client.dialogs.input("?", token=token) is None
    assert client.dialogs.input("?", token=token) is None
    assert len(client.requests) == 1  # none is asked when it has fired


def test_when_the_client_is_gone_questions_end_and_are_no_more_asked():
    client = Client()
    threading.Timer(0.02, client.dialogs.close).start()
    assert client.dialogs.editor("?") is None
    assert client.dialogs.confirm("?", "") is False
    assert len(client.requests) == 1


@pytest.mark.parametrize("call_id", [None, 5, [], {}, "unknown"])
def test_an_answer_to_no_question_is_passed_over(call_id):
    Client().dialogs.answer({"type": "extension_ui_response", "id": call_id, "value": "x"})


@pytest.mark.parametrize(
    ("tell", "request_"),
    [
        (
            lambda d: d.notify("Blocked", "warning"),
            {"method": "notify", "message": "Blocked", "notifyType": "warning"},
        ),
        (
            lambda d: d.set_status("my-ext", "Turn 3"),
            {"method": "setStatus", "statusKey": "my-ext", "statusText": "Turn 3"},
        ),
        (lambda d: d.set_status("my-ext", None), {"method": "setStatus", "statusKey": "my-ext"}),
        (
            lambda d: d.set_widget("w", ["a", "b"], "belowEditor"),
            {
                "method": "setWidget",
                "widgetKey": "w",
                "widgetLines": ["a", "b"],
                "widgetPlacement": "belowEditor",
            },
        ),
        (lambda d: d.set_widget("w", None), {"method": "setWidget", "widgetKey": "w"}),
        (lambda d: d.set_title("pi"), {"method": "setTitle", "title": "pi"}),
        (lambda d: d.set_editor_text("x"), {"method": "set_editor_text", "text": "x"}),
    ],
)
def test_what_needs_no_answer(tell, request_):
    client = Client()
    tell(client.dialogs)
    assert client.request() == request_
