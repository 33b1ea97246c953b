"""The user as extensions reach him: defaults by mode, checks, forms, prompts that are told."""

from __future__ import annotations

import threading

import pytest

from pi.cancel import CancelToken
from pi.extensions.extension import Extension
from pi.extensions.fold import is_of
from pi.extensions.front import Front, Span, parameters
from pi.extensions.host import ExtensionError, Line
from pi.extensions.naming import camel
from pi.extensions.ui import UI_METHODS, NoUi, Ui
from tests.hookkit import FakeHost

VALUES = {"text": "words", "texts": ["a"], "dicts": [{"name": "n"}], "dict": {}, "truth": True}


class Script(Ui):
    """A user who gives the answers of a list, and notes what he was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def _next(self, name, args, named):
        self.asked.append((name, args, named))
        return self.answers.pop(0) if self.answers else None

    def __getattribute__(self, name):
        if name in ("select", "confirm", "input", "editor", "set_widget", "notify", "set_status"):
            return lambda *args, **named: self._next(name, args, named)
        return object.__getattribute__(self, name)


def front(user, **options):
    host = FakeHost(ui=user, **options)
    host.has_ui = True
    made = Extension("/x/e.py", Line(host))
    made.line.is_loading = False
    return Front(made), made.line


METHODS = [row for row in UI_METHODS.values() if row.kind != "value"]


def test_the_theme_is_the_programs():
    ui, _ = front(NoUi(), theme="T")
    assert ui.theme == "T"
    assert {row.name for row in UI_METHODS.values()} - {row.name for row in METHODS} == {"theme"}


@pytest.mark.parametrize("row", METHODS, ids=[row.name for row in METHODS])
def test_what_a_mode_cannot_do_gives_the_default(row):
    ui, _ = front(NoUi())
    values = [VALUES.get(kind.rstrip("?"), len) for kind in row.kinds]
    given = getattr(ui, row.name)(*values)
    assert given == row.default or (row.name == "on_terminal_input" and given() is None)
    assert getattr(ui, camel(row.name))(*values) == given
    assert row.kind in ("dialog", "tell", "screen")
    assert row.call.startswith(f"{row.name}(")
    assert len(parameters(row)) >= len(row.kinds)
    assert row.help
    if isinstance(given, (dict, list)):
        assert given is not row.default, "a default is nobody's to change"


@pytest.mark.parametrize("row", METHODS, ids=[row.name for row in METHODS])
def test_arguments_may_be_named_and_are_checked(row):
    ui, _ = front(NoUi())
    names = parameters(row)[: len(row.kinds)]
    values = [VALUES.get(kind.rstrip("?"), len) for kind in row.kinds]
    getattr(ui, row.name)(**dict(zip(names, values, strict=True)))
    with pytest.raises(ExtensionError, match=f"call it as ui.{row.name}"):
        getattr(ui, row.name)(*values, nothing_of_this_name=1)
    for place, kind in enumerate(row.kinds):
        if row.name == "notify" or kind.rstrip("?") in ("any", "truth"):
            continue
        wrong = [*values[:place], object(), *values[place + 1 :]]
        assert not is_of(kind.rstrip("?"), wrong[place])
        with pytest.raises(ExtensionError, match=f"{names[place]} must be"):
            getattr(ui, row.name)(*wrong)


def test_dialogs_get_pis_own_words():
    token = CancelToken()
    user = Script("a", True, "b", "c")
    ui, _ = front(user, token=token)
    other = CancelToken()
    assert ui.select("T", ["a"], {"timeout": 5}) == "a"
    assert ui.confirm("T", timeout_ms=0, signal=other) is True
    assert ui.input("T", placeholder="p") == "b"
    assert ui.editor("T", "text") == "c"
    assert user.asked == [
        ("select", ("T", ["a"]), {"timeout_ms": 5, "token": token}),
        ("confirm", ("T", None), {"timeout_ms": 0, "token": other}),
        ("input", ("T", "p"), {"token": token}),
        ("editor", ("T", "text"), {}),
    ]


def test_what_needs_no_answer():
    user = Script()
    ui, _ = front(user)
    ui.notify(ValueError("x"), "loud")
    ui.notify("y", type="error")
    ui.set_widget("k", ["a"], {"placement": "belowEditor"})
    ui.setWidget("k", None)
    ui.set_status("k", None)
    assert user.asked == [
        ("notify", ("x", "info"), {}),
        ("notify", ("y", "error"), {}),
        ("set_widget", ("k", ["a"]), {"placement": "belowEditor"}),
        ("set_widget", ("k", None), {}),
        ("set_status", ("k", None), {}),
    ]


FIELDS = [
    {"name": "who", "label": "Who?"},
    {"name": "how", "type": "select", "options": ["a", "b"]},
    {"name": "sure", "type": "confirm"},
    {"name": "size", "type": "number", "default": 3},
    {"name": "why", "type": "editor", "default": "text"},
]


def test_a_form_asks_one_thing_after_another():
    user = Script("ann", "b", False, "4.0", "because")
    ui, _ = front(user)
    answers = ui.form("Setup", FIELDS)
    assert answers == {"who": "ann", "how": "b", "sure": False, "size": 4, "why": "because"}
    assert [(name, args) for name, args, _ in user.asked] == [
        ("input", ("Setup: Who?", None)),
        ("select", ("Setup: how", ["a", "b"])),
        ("confirm", ("Setup: sure", "")),
        ("input", ("Setup: size", "3")),
        ("editor", ("Setup: why", "text")),
    ]


@pytest.mark.parametrize(
    "answers", [(None,), ("a", None), ("a", "b", True, "many"), ("a", "b", True, "nan")]
)
def test_a_form_that_is_left_gives_nothing(answers):
    ui, _ = front(Script(*answers))
    assert ui.form("Setup", FIELDS) is None


@pytest.mark.parametrize("fields", [[{}], [{"name": 3}], [{"name": "a", "type": "color"}]])
def test_a_form_with_a_wrong_field_is_refused(fields):
    ui, _ = front(Script())
    with pytest.raises(ExtensionError, match=r"ui\.form: "):
        ui.form("Setup", fields)


def test_a_component_has_a_fallback():
    ui, _ = front(Script("typed"))
    assert ui.custom(object(), fallback=lambda user: user.input("T", signal=None)) == "typed"
    assert ui.custom(object(), lambda user: 3) == 3
    assert ui.custom(object(), {"overlay": True}) is None


def test_dialogs_that_overlap_are_one_prompt():
    posted = []
    span = Span(lambda hook, **fields: posted.append((hook, fields["kind"], fields["title"])))
    started, go_on = threading.Barrier(2), threading.Event()

    class Waiting(Ui):
        def confirm(self, title, message, **options):
            started.wait(2)
            go_on.wait(2)
            return True

        def input(self, title, placeholder, **options):
            raise RuntimeError("the client is gone")

    ui, line = front(Waiting())
    line.span = span
    thread = threading.Thread(target=ui.confirm, args=("first",))
    thread.start()
    started.wait(2)
    with pytest.raises(RuntimeError):
        ui.input("second")
    go_on.set()
    thread.join()
    assert posted == [
        ("ui_prompt_start", "confirm", "first"),
        ("ui_prompt_end", "confirm", "first"),
    ]


def test_where_nobody_is_no_prompt_is_told():
    posted = []
    ui, line = front(NoUi())
    line.host().has_ui = False
    line.span = Span(lambda hook, **fields: posted.append(hook))
    assert ui.confirm("T") is False
    assert posted == []


def test_after_the_line_is_cut_nobody_is_asked():
    user = Script(True)
    ui, line = front(user)
    line.cut("over")
    with pytest.raises(ExtensionError, match="over"):
        ui.confirm("T")
    assert user.asked == []
    assert set(dir(ui)) == set(UI_METHODS)
