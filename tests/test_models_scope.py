"""--models and enabledModels: globs, names, levels, warnings."""

from __future__ import annotations

import pytest

from pi.models.scope import scope
from tests import modelkit


@pytest.fixture
def usable(tmp_path):
    own = {
        "providers": {
            "mock": {
                "baseUrl": "http://mock/v1",
                "api": "openai-completions",
                "apiKey": "k",
                "models": [{"id": "one"}, {"id": "two"}, {"id": "x[1m]"}, {"id": "ns/deep"}],
            }
        }
    }
    environ = {"ALPHA_KEY": "a", "BETA_KEY": "b"}
    book = modelkit.Kit(tmp_path, own=own, environ=environ).book
    return book.among(book.usable)


def chosen(book, *patterns):
    return [
        f"{each.model['provider']}/{each.model['id']}" + (f"={each.level}" if each.level else "")
        for each in scope(book, patterns).models
    ]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["one"], ["mock/one"]),
        (["two", "one:high"], ["mock/two", "mock/one=high"]),
        (["mock/*"], ["mock/one", "mock/two", "mock/x[1m]"]),
        (["mock/**"], ["mock/one", "mock/two", "mock/x[1m]", "mock/ns/deep"]),
        (["MOCK/*:low"], ["mock/one=low", "mock/two=low", "mock/x[1m]=low"]),
        (["*/deep"], ["mock/ns/deep"]),
        (["?ne"], ["mock/one"]),
        (["[ot]*"], ["mock/one", "mock/two"]),
        (["{one,two}*"], ["mock/one", "mock/two"]),
        (["x[1m]"], ["mock/x[1m]"]),
        (["x[1m]:high"], ["mock/x[1m]=high"]),
        (["shared"], ["alpha/shared", "beta/shared"]),
        (["*shared:low", "alpha/shared"], ["alpha/shared=low", "beta/shared=low"]),
        (["one", "one:high"], ["mock/one"]),
        (["g-one"], []),
    ],
)
def test_patterns(usable, patterns, expected):
    assert chosen(usable, *patterns) == expected


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("nothing", 'no usable model matches "nothing"'),
        ("z*", 'no usable model matches "z*"'),
        ("g-one", 'no usable model matches "g-one"'),  # there is no key for it
        ("one:huge", 'no thinking level "huge"'),
        ("shared", '"shared" is offered by alpha, beta'),
        ("[open", '"[open": a [ is not closed'),
    ],
)
def test_warnings(usable, pattern, says):
    assert any(says in line for line in scope(usable, [pattern]).warnings)


def test_a_good_pattern_gives_no_warning(usable):
    assert scope(usable, ["mock/one:high", "alpha/*"]).warnings == []


def test_finding_a_model_in_a_scope(usable):
    found = scope(usable, ["two:low", "one"])
    assert found.find({"provider": "mock", "id": "two"}).level == "low"
    assert found.find({"provider": "beta", "id": "two"}) is None
    assert found.find(None) is None
