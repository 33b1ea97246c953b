"""What extensions add to the models: read, laid between the catalogue and models.json, asked."""

from __future__ import annotations

import threading

import pytest

from pi.errors import NoModelError, UsageError
from pi.models.list import table
from pi.models.select import usable_book
from tests.modelkit import Kit

CHAT = {
    "baseUrl": "http://acme/v1",
    "apiKey": "$ACME_KEY",
    "api": "openai-completions",
    "models": [{"id": "one", "contextWindow": 9000}, {"id": "two", "baseUrl": "http://two/v1"}],
}
SNAKE = {
    "base_url": "http://acme/v1",
    "api_key": "$ACME_KEY",
    "api": "openai-completions",
    "auth_header": True,
    "models": ({"id": "one", "context_window": 9000, "samplingParams": {"top_p": 1}},),
}
ROUTER = {"provider": "router", "id": "auto", "route": lambda request: None}


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path, environ={"ACME_KEY": "k", "ALPHA_KEY": "a"})


def ids(models):
    return [model["id"] for model in models]


def test_a_new_provider_is_there_at_once_and_gone_again(kit):
    assert kit.book.provider_named("acme") is None
    kit.extra.register_provider("acme", CHAT)
    assert kit.book.provider_named("ACME") == "acme"
    assert ids(kit.book.models("acme")) == ["one", "two"]
    assert kit.book.find("acme", "two")["baseUrl"] == "http://two/v1"
    assert kit.book.usable("acme")
    assert kit.keys.credential("acme").secret == "k"
    assert kit.name(model="acme/one") == "acme/one:off"
    kit.extra.unregister_provider("acme")
    assert kit.book.find("acme", "one") is None
    assert kit.book.provider_named("acme") is None
    assert not kit.book.usable("acme")


def test_snake_case_is_the_same_but_for_what_is_inside(kit):
    kit.extra.register_provider("acme", SNAKE)
    (model,) = kit.book.models("acme")
    assert model["contextWindow"] == 9000
    assert model["authHeader"] is True
    assert model["samplingParams"] == {"top_p": 1}


def test_an_address_alone_keeps_the_models_that_ship(kit):
    shipped = ids(kit.book.models("alpha"))
    kit.extra.register_provider(
        "alpha", {"baseUrl": "http://proxy/v1", "headers": {"X-A": "$ACME_KEY"}}
    )
    assert ids(kit.book.models("alpha")) == shipped
    assert {model["baseUrl"] for model in kit.book.models("alpha")} == {"http://proxy/v1"}
    assert kit.book.find("alpha", "a-small")["headers"] == {"X-A": "$ACME_KEY"}
    assert kit.keys.credential("alpha").secret == "a"
    kit.extra.unregister_provider("alpha")
    assert kit.book.find("alpha", "a-small")["baseUrl"] == "https://alpha/v1"


def test_models_take_the_place_of_those_that_ship_and_borrow_their_address(kit):
    kit.extra.register_provider("alpha", {"models": [{"id": "mine"}]})
    (model,) = kit.book.models("alpha")
    assert (model["id"], model["baseUrl"]) == ("mine", "https://alpha/v1")
    assert kit.book.with_id("a-small") == []


def test_models_json_goes_over_an_extension(tmp_path):
    own = {"providers": {"acme": {"apiKey": "mine", "modelOverrides": {"one": {"maxTokens": 5}}}}}
    kit = Kit(tmp_path, own=own, environ={"ACME_KEY": "k"})
    kit.extra.register_provider("acme", CHAT)
    assert kit.book.find("acme", "one")["maxTokens"] == 5
    assert kit.book.find("acme", "two")["maxTokens"] == 16384
    assert kit.keys.credential("acme").secret == "mine"
    assert kit.book.problems == []


def test_a_key_that_is_missing_is_told_like_any_other(tmp_path):
    kit = Kit(tmp_path)
    kit.extra.register_provider("acme", CHAT, "/x/acme.py")
    assert not kit.book.usable("acme")
    with pytest.raises(NoModelError, match="needs ACME_KEY"):
        kit.keys.require("acme")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "says nothing"),
        ([], "expected a dict, got list"),
        ({"baseUrl": 5}, "baseUrl: expected a string"),
        ({**CHAT, "models": {}}, "models: expected a list"),
        ({**CHAT, "models": [{"name": "x"}]}, "id: missing"),
        ({**CHAT, "models": [{"id": "x", "type": "image"}]}, "chat models only"),
        ({**CHAT, "api": "smoke-signals"}, 'pi speaks no "smoke-signals"'),
        ({**CHAT, "baseUrl": None}, 'model "one": no baseUrl'),
        ({**CHAT, "stream": "no"}, "stream must be a function, not str"),
        ({**CHAT, "stream": print}, '"openai-completions" is a wire format of pi'),
        ({**CHAT, "oauth": {"name": "SSO"}}, "oauth: not supported"),
        ({**CHAT, "headers": {"a": object()}}, "not JSON serializable"),
    ],
)
def test_a_wrong_config_is_one_line_and_changes_nothing(kit, config, told):
    kit.extra.register_provider("acme", CHAT)
    with pytest.raises(UsageError) as caught:
        kit.extra.register_provider("acme", config, "/x/acme.py")
    text = str(caught.value)
    assert text.startswith("/x/acme.py: provider acme: ")
    assert told in text
    assert "\n" not in text
    assert ids(kit.book.models("acme")) == ["one", "two"]


@pytest.mark.parametrize("name", ["", " ", None, 5])
def test_a_provider_needs_a_name(kit, name):
    with pytest.raises(UsageError, match="needs a name"):
        kit.extra.register_provider(name, CHAT)


def test_what_was_registered_cannot_be_changed_afterwards(kit):
    config = {**CHAT, "models": [{"id": "one"}]}
    kit.extra.register_provider("acme", config)
    config["models"][0]["id"] = "changed"
    config["apiKey"] = "stolen"
    assert ids(kit.book.models("acme")) == ["one"]
    assert kit.keys.credential("acme").secret == "k"


# --- models that are asked for -------------------------------------------------------------------


def test_models_are_asked_for_when_they_are_needed_and_once(kit):
    seen = []

    def refresh(context):
        seen.append((context.provider, context.api_key, context.base_url, context.is_offline))
        return [{"id": "fresh", "context_window": 77}]

    kit.extra.register_provider("acme", {**CHAT, "refresh_models": refresh})
    assert kit.name(model="alpha/a-small") == "alpha/a-small:off"
    assert seen == []
    assert kit.book.find("acme", "fresh")["contextWindow"] == 77
    assert ids(kit.book.models("acme")) == ["fresh"]
    assert seen == [("acme", "k", "http://acme/v1", False)]
    kit.book.refresh()
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("refresh", "told"),
    [
        (lambda context: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda context: None, "models: expected a list, got null"),
        (lambda context: [{"name": "x"}], "id: missing"),
    ],
)
def test_a_failing_refresh_leaves_the_models_and_tells(kit, refresh, told):
    kit.extra.register_provider("acme", {**CHAT, "refreshModels": refresh}, "/x/acme.py")
    assert ids(kit.book.models("acme")) == ["one", "two"]
    (problem,) = kit.book.problems
    assert problem.startswith("/x/acme.py: the models of acme: ")
    assert told in problem


def test_a_refresh_that_hangs_is_given_up(kit):
    release = threading.Event()
    kit.extra.register_provider("acme", {**CHAT, "refresh_models": lambda c: release.wait(20)})
    kit.extra.register_provider("beta", {"refresh_models": lambda c: release.wait(20)})
    kit.book.refresh()
    assert ids(kit.book.models("acme")) == ["one", "two"]
    assert kit.book.problems == ["an extension: the models of acme: no answer within 0.5 s"]
    release.set()


def test_offline_only_this_machine_is_asked(tmp_path):
    kit = Kit(tmp_path, environ={"ACME_KEY": "k", "PI_OFFLINE": "1"})
    for name, base in (("far", "https://far.test/v1"), ("near", "http://127.0.0.1:1/v1")):
        fresh = {**CHAT, "baseUrl": base, "refresh_models": lambda context: [{"id": "fresh"}]}
        kit.extra.register_provider(name, fresh)
    assert ids(kit.book.models("far")) == ["one", "two"]
    assert ids(kit.book.models("near")) == ["fresh"]


# --- virtual models ------------------------------------------------------------------------------


def test_a_virtual_model_is_listed_and_chosen_like_any_other(kit):
    kit.extra.register_virtual_model({**ROUTER, "thinking_levels": ["low", "high"]})
    model = kit.book.find("router", "auto")
    assert (model["api"], model["reasoning"]) == ("pi-virtual", True)
    assert model["thinkingLevelMap"]["medium"] is None
    assert kit.name(model="router/auto:medium") == "router/auto:high"
    assert kit.name(model="auto", thinking="low") == "router/auto:low"
    lines = table(usable_book(kit.models), "router")
    assert lines[1].split() == ["router", "auto", "0", "0", "yes", "yes"]
    kit.extra.unregister_virtual_model("router", "auto")
    assert kit.book.find("router", "auto") is None


def test_a_virtual_model_beside_real_ones_needs_their_key(tmp_path):
    for environ, is_usable in (({"ALPHA_KEY": "a"}, True), ({}, False)):
        kit = Kit(tmp_path, environ=environ)
        kit.extra.register_virtual_model({**ROUTER, "provider": "alpha"})
        assert kit.book.usable("alpha") is is_usable
        assert ids(kit.book.models("alpha"))[-1] == "auto"
        kit.extra.unregister_provider("alpha")
        assert kit.book.find("alpha", "auto")


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ({**ROUTER, "id": None}, "needs a name"),
        ({**ROUTER, "provider": 5}, "provider: expected a string"),
        ({**ROUTER, "route": None}, "route: missing"),
        ({**ROUTER, "thinkingLevels": ["huge"]}, "thinkingLevels"),
        ({**ROUTER, "provider": "alpha", "id": "a-small"}, "is a real model"),
        ({**ROUTER, "contextWindow": -1}, "contextWindow: expected a number above 0"),
    ],
)
def test_a_wrong_virtual_model_is_one_line(kit, definition, told):
    with pytest.raises(UsageError) as caught:
        kit.extra.register_virtual_model(definition, "/x/r.py")
    assert str(caught.value).startswith("/x/r.py: ")
    assert told in str(caught.value)


def test_a_new_id_of_a_provider_with_only_virtual_models_is_refused(kit):
    kit.extra.register_virtual_model(ROUTER)
    with pytest.raises(NoModelError):
        kit.choose(model="router/other")


def test_clearing_forgets_everything(kit):
    kit.extra.register_provider("alpha", {"baseUrl": "http://x"})
    kit.extra.register_virtual_model(ROUTER)
    kit.extra.clear()
    assert kit.extra.names() == []
    assert kit.book.find("alpha", "a-small")["baseUrl"] == "https://alpha/v1"
    assert kit.book.find("router", "auto") is None
