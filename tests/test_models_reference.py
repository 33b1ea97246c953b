"""What texts refer to: names, parts of them, suffixes, ties between providers."""

from __future__ import annotations

import pytest

from pi.models.reference import resolve
from tests import modelkit


@pytest.fixture
def kit(tmp_path):
    own = {
        "providers": {
            "mock": {
                "baseUrl": "http://mock/v1",
                "api": "openai-completions",
                "apiKey": "k",
                "models": [{"id": "one"}, {"id": "two", "name": "Mock Two"}, {"id": "odd:x/y"}],
            }
        }
    }
    return modelkit.Kit(tmp_path, own=own)


def found(kit, text, usable=(), **options):
    match = resolve(kit.book, text, lambda provider: provider in usable, **options)
    if match is None:
        return None
    names = "|".join(f"{model['provider']}/{model['id']}" for model in match.models)
    return names if match.level is None else f"{names}={match.level}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mock/one", "mock/one"),
        ("MOCK/ONE", "mock/one"),
        (" one ", "mock/one"),
        ("Mock Two", "mock/two"),
        ("mock two", "mock/two"),
        ("mock/tw", "mock/two"),
        ("odd:x/y", "mock/odd:x/y"),
        ("mock/odd:x/y:low", "mock/odd:x/y=low"),
        ("one:high", "mock/one=high"),
        ("one:high:low", "mock/one=low"),
        ("b:high", "beta/b:high"),
        ("b:high:low", "beta/b:high=low"),
        ("one:huge", None),
        ("one:", None),
        (":high", "beta/b:high"),  # a part of an id
        (":low", None),
        ("", None),
        ("mock/", None),
        ("nothing", None),
        ("mock/nothing", None),
        ("d-one", None),
        ("demo", "demo/demo"),
        ("demo/demo", "demo/demo"),
        ("demo:low", "demo/demo=low"),
    ],
)
def test_names_parts_and_levels(kit, text, expected):
    assert found(kit, text) == expected


def test_undated_names_come_before_dated_ones_and_later_before_earlier(kit):
    assert found(kit, "alpha/a-") == "alpha/a-small"
    assert found(kit, "alpha/a-small-2025") == "alpha/a-small-20250101"
    assert found(kit, "alpha large") == "alpha/a-large"


@pytest.mark.parametrize(
    ("usable", "expected"),
    [
        ((), "alpha/a-small"),  # the form means provider/id
        (("alpha", "beta"), "alpha/a-small"),
        (("alpha",), "alpha/a-small"),
        (("beta",), "beta/alpha/a-small"),  # but only beta can be asked
    ],
)
def test_a_providers_name_may_be_the_start_of_an_id_elsewhere(kit, usable, expected):
    assert found(kit, "alpha/a-small", usable) == expected


@pytest.mark.parametrize(
    ("usable", "expected"),
    [
        ((), "alpha/shared|beta/shared"),
        (("beta",), "beta/shared"),
        (("alpha", "beta"), "alpha/shared|beta/shared"),
    ],
)
def test_credentials_decide_between_providers(kit, usable, expected):
    assert found(kit, "shared", usable) == expected
    assert found(kit, "hare", usable) == expected


def test_a_provider_may_be_given(kit):
    assert found(kit, "shared", provider="beta") == "beta/shared"
    assert found(kit, "alpha/a-small", provider="beta") == "beta/alpha/a-small"
    assert found(kit, "beta/shared:low", provider="beta") == "beta/shared=low"
    assert found(kit, "one", provider="beta") is None


def test_a_lenient_reading_drops_an_unknown_level(kit):
    match = resolve(kit.book, "one:huge", lambda provider: True, lenient=True)
    assert (match.models[0]["id"], match.level) == ("one", None)
    assert 'no thinking level "huge"' in match.warning
    match = resolve(kit.book, "one:huge:low", lambda provider: True, lenient=True)
    assert match.level is None
    assert resolve(kit.book, "qq:huge", lambda provider: True, lenient=True) is None


def test_a_usable_named_model_needs_no_look_at_other_providers(kit):
    found(kit, "mock/one", ("mock",))
    assert set(kit.reads) <= {"models/mock.json"}
