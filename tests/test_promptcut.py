"""Noticing a prompt that a local server cut: the signs, the one warning, the real window."""

from __future__ import annotations

import pytest

from pi.course.promptcut import LEAST_CHARACTERS, Prompt, PromptCut, is_cut
from pi.events import MessageEnd, MessageStart
from pi.models.server import is_local

BIG = "word " * 8000  # 40,000 characters, 8,000 tokens


@pytest.mark.parametrize(
    ("prompt", "earlier", "cut"),
    [
        (Prompt(40_000, 9_000), None, False),
        (Prompt(40_000, 4_096), None, True),
        (Prompt(40_000, 0), None, False),  # no count was reported
        (Prompt(40_000, -5), None, False),
        (Prompt(LEAST_CHARACTERS - 1, 10), None, False),  # fits anywhere
        (Prompt(24_000, 4_000), None, False),
        (Prompt(20_000, 4_000), Prompt(18_000, 5_500), True),
        (Prompt(20_000, 4_200), Prompt(18_000, 5_500), False),
        (Prompt(16_000, 4_000), Prompt(18_000, 5_500), False),  # it was compacted
        (Prompt(20_000, 4_000, True), Prompt(18_000, 5_500), False),  # thinking may be dropped
        (Prompt(40_000, 4_000, True), Prompt(18_000, 5_500), True),
    ],
)
def test_the_signs(prompt, earlier, cut):
    assert is_cut(prompt, earlier) is cut


@pytest.mark.parametrize(
    ("provider", "url", "local"),
    [
        ("x", "http://localhost:1/v1", True),
        ("x", "HTTP://127.0.0.1:1/v1", True),
        ("x", "http://[::1]:1", True),
        ("ollama", "http://box:11434/v1", True),
        ("x", "https://api.example/v1", False),
        ("x", "http://localhost", True),
        ("x", "https://127.example/v1", False),
        ("x", "https://localhost.example/v1", False),
        ("x", None, False),
    ],
)
def test_which_models_are_watched(provider, url, local):
    assert is_local({"provider": provider, "baseUrl": url}) is local


class Conversation:
    """What of a harness is used."""

    def __init__(self, **model):
        self.model = {"provider": "ollama", "id": "m", "api": "openai-completions", **model}
        self.session = self
        self.messages = []
        self.told = []

    def context(self):
        return self.messages

    def emit(self, notice):
        self.told.append((notice.level, notice.text))

    def turn(self, watch, text, tokens, stop="stop"):
        user = {"role": "user", "content": [{"type": "text", "text": text}], "timestamp": 1}
        made = {"provider": self.model["provider"], "model": self.model["id"]}
        answer = {
            "role": "assistant",
            "content": [{"type": "text", "text": "ok"}],
            "api": self.model["api"],
            "usage": {"input": tokens, "output": 1, "cacheRead": 0, "cacheWrite": 0},
            "stopReason": stop,
            "timestamp": 2,
            **made,
        }
        self.messages += [user, answer]
        watch.see(MessageStart(answer))
        watch.see(MessageEnd(user))
        watch.see(MessageEnd(answer))


def watched(refresh=lambda model: model, **model):
    harness = Conversation(**{"baseUrl": "http://127.0.0.1:11434/v1", **model})
    return harness, PromptCut(harness, refresh)


def test_it_is_told_once_for_a_model_with_what_to_do():
    harness, watch = watched()
    harness.turn(watch, "hi", 5)
    harness.turn(watch, BIG, 2048)
    harness.turn(watch, BIG, 2048)
    ((level, text),) = harness.told
    assert level == "warning"
    assert "ollama/m: the server counted 2048 tokens" in text
    assert "OLLAMA_CONTEXT_LENGTH" in text
    assert "\n" not in text
    harness.model = {**harness.model, "id": "other"}
    harness.turn(watch, BIG, 2048)
    assert len(harness.told) == 2


def test_a_count_that_falls_while_the_prompt_grows():
    harness, watch = watched()
    harness.turn(watch, BIG[:20_000], 5000)
    harness.turn(watch, "more", 3500)
    assert "fewer than before" in harness.told[0][1]


@pytest.mark.parametrize("model", [{"provider": "x", "baseUrl": "https://api.example"}])
def test_services_on_the_network_are_not_watched(model):
    harness, watch = watched(**model)
    harness.turn(watch, BIG, 5)
    assert harness.told == []


@pytest.mark.parametrize("stop", ["error", "aborted"])
def test_a_failed_answer_says_nothing(stop):
    harness, watch = watched()
    harness.turn(watch, BIG, 5, stop)
    assert harness.told == []


def test_the_window_is_asked_for_once_after_the_first_answer():
    asked = []

    def refresh(model):
        asked.append(model["id"])
        return {**model, "baseUrl": "http://127.0.0.1:11434/v1", "contextWindow": 4096}

    harness, watch = watched(refresh, baseUrl="http://localhost:11434/v1/", contextWindow=131072)
    harness.turn(watch, "hi", 5)
    harness.turn(watch, "ho", 8)
    assert asked == ["m"]
    assert harness.model["contextWindow"] == 4096
    assert harness.model["baseUrl"] == "http://localhost:11434/v1/"


def test_a_server_elsewhere_does_not_say_what_this_one_has():
    harness, watch = watched(lambda model: {**model, "baseUrl": "http://a", "contextWindow": 1})
    harness.turn(watch, "hi", 5)
    assert "contextWindow" not in harness.model


def test_pi_warns_on_standard_error(provider, run_pi):
    provider.reply({"text": "ok", "usage": {"input": 2048, "output": 1}})
    done = run_pi("--model", "fake-openai/fake-1", "-p", "Sum it up", stdin=BIG)
    assert (done.code, done.stdout) == (0, "ok\n")
    assert "Warning: fake-openai/fake-1: the server counted 2048 tokens" in done.stderr
    provider.reply({"text": "ok", "usage": {"input": 9000, "output": 1}})
    assert run_pi("--model", "fake-openai/fake-1", "-p", "Sum it up", stdin=BIG).stderr == ""
