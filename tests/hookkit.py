"""What tests of the extension runtime share: a program that remembers, files, a loader."""

from __future__ import annotations

import os
import textwrap

from pi.extensions.host import Host
from pi.extensions.load import load
from pi.extensions.runner import Runner
from pi.extensions.ui import NoUi, Ui
from pi.resources.discover import Found


class FakeHost(Host):
    """A program that keeps what extensions told it. `answers` are what its verbs give: a value, or
    a function that is called; `calls` notes each use of them."""

    def __init__(self, ui=None, **answers):
        self.faults = []
        self.notices = []
        self.calls = []
        self.answers = answers
        self.given_flags = {}
        self.user = ui or NoUi()

    def report(self, fault):
        self.faults.append(fault)

    def notice(self, level, text):
        self.notices.append((level, text))

    def ui(self):
        return self.user

    def flag(self, name):
        return self.given_flags.get(name)

    def token(self):
        return self.answers.get("token")

    def __getattribute__(self, name):
        known = object.__getattribute__(self, "__dict__").get("answers", {})
        if name in known and name != "token":
            value = known[name]
            calls = self.calls

            def verb(*args, **named):
                calls.append((name, args, named))
                return value(*args, **named) if callable(value) else value

            return verb
        return object.__getattribute__(self, name)

    @property
    def errors(self):
        return [fault.error for fault in self.faults]


class Talking(Ui):
    """A user who is told things, and answers questions."""

    def __init__(self, answer=True, wait=None):
        self.said = []
        self.asked = []
        self.answer = answer
        self.wait = wait

    def notify(self, message, level="info"):
        self.said.append(message)

    def confirm(self, title, message, *, timeout_ms=None, token=None):
        self.asked.append((title, message, timeout_ms, token))
        if self.wait is not None:
            self.wait(token)
        return self.answer


def write(folder, name, text):
    """A file with the text, its indentation removed; returns its path."""
    path = os.path.join(str(folder), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(textwrap.dedent(text))
    return path


def found(path, **more):
    """A file as discovery finds it."""
    return Found(str(path), "auto", "user", more.pop("base", None), **more)


def loaded(folder, *texts, host=None, **options):
    """Load a file for each text: e0.py, e1.py, ...; returns what loading came to, and the host."""
    host = host or FakeHost()
    paths = [write(folder, f"e{number}.py", text) for number, text in enumerate(texts)]
    return load([found(path) for path in paths], host, **options), host


def running(folder, *texts, host=None, **options):
    """A runner of extensions with these texts, and its host; nothing may go wrong in loading."""
    result, host = loaded(folder, *texts, host=host)
    assert result.problems == []
    return Runner(result.extensions, host, **options), host
