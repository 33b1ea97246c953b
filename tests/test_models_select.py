"""Which model a run starts with, from flags, settings, session, credentials and local servers."""

from __future__ import annotations

import pytest

from pi.errors import NoModelError, UsageError
from pi.models.select import no_model_message, require, usable_book
from tests import modelkit

OWN = {
    "providers": {
        "mock": {
            "baseUrl": "http://mock/v1",
            "api": "openai-completions",
            "apiKey": "k",
            "models": [{"id": "one"}, {"id": "two", "reasoning": True}],
        }
    }
}
LOCAL = [
    {
        **modelkit.row("qwen3:8b"),
        "provider": "ollama",
        "api": "openai-completions",
        "baseUrl": "http://127.0.0.1:11434/v1",
        "input": ["text"],
    }
]


@pytest.fixture
def make(tmp_path):
    return lambda **options: modelkit.Kit(tmp_path, **options)


# --- nothing asked for ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "own", "expected"),
    [
        ({}, None, "none"),
        ({"ALPHA_KEY": "k"}, None, "alpha/a-large:medium"),
        ({"BETA_KEY": "k"}, None, "beta/shared:off"),
        ({"BETA_KEY": "k", "ALPHA_KEY": "k"}, None, "alpha/a-large:medium"),
        ({"GAMMA_KEY": "k"}, None, "none"),
        ({"GAMMA_KEY": "k", "GAMMA_ACCOUNT": "a"}, None, "gamma/g-one:off"),
        ({"DELTA_KEY": "k"}, None, "none"),  # a format pi does not speak
        ({}, OWN, "mock/one:off"),
        ({"BETA_KEY": "k"}, OWN, "beta/shared:off"),  # a preferred model comes first
        ({"DELTA_KEY": "k"}, OWN, "mock/one:off"),
    ],
)
def test_the_first_provider_with_credentials_decides(make, environ, own, expected):
    assert make(environ=environ, own=own).name() == expected


def test_the_saved_default_comes_first_if_it_can_be_used(make):
    saved = {"defaultProvider": "mock", "defaultModel": "two"}
    assert make(environ={"ALPHA_KEY": "k"}, own=OWN, settings=saved).name() == "mock/two:medium"
    saved["defaultProvider"] = "beta"
    assert make(environ={"ALPHA_KEY": "k"}, settings=saved).name() == "alpha/a-large:medium"


@pytest.mark.parametrize(
    ("settings", "want", "expected"),
    [
        ({}, {}, "medium"),
        ({"defaultThinkingLevel": "low"}, {}, "low"),
        ({"defaultThinkingLevel": "max"}, {}, "high"),
        ({"modelThinkingLevels": {"mock/two": "minimal"}}, {}, "minimal"),
        ({"modelThinkingLevels": {"mock/two": "minimal"}}, {"thinking": "high"}, "high"),
        ({"modelThinkingLevels": {"mock/one": "low"}}, {}, "medium"),
        ({}, {"model": "two:low"}, "low"),
        ({}, {"model": "two:low", "thinking": "high"}, "high"),
        ({}, {"models": ["two:low"]}, "low"),
        ({}, {"thinking": "xhigh"}, "high"),
        ({}, {"thinking": "huge"}, "medium"),
    ],
)
def test_the_thinking_level(make, settings, want, expected):
    saved = {"defaultProvider": "mock", "defaultModel": "two", **settings}
    assert make(own=OWN, settings=saved).choose(**want).thinking == expected


def test_an_unknown_level_is_only_a_warning(make):
    choice = make(own=OWN).choose(thinking="huge")
    assert choice.model["id"] == "one"
    assert '"huge"' in choice.warnings[0]
    assert "minimal" in choice.warnings[0]


def test_a_model_that_does_not_reason_does_not(make):
    assert make(own=OWN).name(model="one", thinking="high") == "mock/one:off"


# --- flags ---------------------------------------------------------------------------------------


def test_a_model_without_a_key_is_chosen_and_then_refused(make):
    kit = make()
    choice = kit.choose(model="alpha/a-small")
    with pytest.raises(NoModelError) as caught:
        require(choice, kit.models)
    assert caught.value.exit_code == 3
    for word in ("ALPHA_KEY", "/login", "models.json"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("want", "says"),
    [
        ({"provider": "mock"}, "--provider needs --model"),
        ({"provider": "nobody", "model": "one"}, 'no provider is called "nobody"'),
        ({"model": "nothing-like-it"}, 'no model matches "nothing-like-it"'),
        ({"model": "nobody/one"}, 'no model matches "nobody/one"'),
        ({"model": ""}, None),
        ({"api_key": "k"}, "--api-key needs to know for which model"),
        ({"model": "delta/d-only"}, 'delta/d-only speaks "smoke-signals"'),
        ({"model": "d-only"}, 'delta/d-only speaks "smoke-signals"'),
        ({"model": "delta/brand-new"}, 'speaks "smoke-signals"'),
        ({"provider": "delta", "model": "x"}, 'speaks "smoke-signals"'),
        ({"model": "shared"}, "alpha/shared, beta/shared, and none of them has a key"),
    ],
)
def test_flags_that_name_nothing(make, want, says):
    kit = make(own=OWN)
    if says is None:
        assert kit.choose(**want).model["id"] == "one"
        return
    with pytest.raises((UsageError, NoModelError)) as caught:
        kit.choose(**want)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    is_wrong_use = "api_key" in want or "model" not in want or "none of them" in says
    assert caught.value.exit_code == (2 if is_wrong_use else 3)


@pytest.mark.parametrize("text", ["delta/smoke", "delta/smoke:high"])
def test_a_model_pi_cannot_speak_to_may_be_elsewhere(make, text):
    with pytest.raises(NoModelError, match='delta/smoke speaks "smoke-signals"'):
        make().choose(model=text)
    assert make(environ={"BETA_KEY": "b"}).name(model=text) == "beta/delta/smoke:off"


def test_a_tie_between_usable_providers(make):
    kit = make(environ={"ALPHA_KEY": "a", "BETA_KEY": "b"})
    with pytest.raises(UsageError, match="more than one of them can be used"):
        kit.choose(model="shared")
    assert kit.name(model="shared", provider="BETA") == "beta/shared:off"


def test_an_unknown_id_of_a_known_provider_is_used_with_a_warning(make):
    kit = make(own=OWN)
    choice = kit.choose(model="mock/brand-new:high")
    assert (choice.model["id"], choice.thinking) == ("brand-new", "high")
    assert 'no model "brand-new"' in choice.warnings[0]
    assert kit.choose(model="mock/new:low", thinking="high").model["id"] == "new:low"
    assert kit.choose(model="brand", provider="mock").model["id"] == "brand"


def test_a_broken_provider_says_why(make):
    kit = make(own={"providers": {"bad": {"baseUrl": 5}}})
    with pytest.raises(UsageError, match=r"models.json: providers.bad.baseUrl: expected"):
        kit.choose(model="bad/x")
    with pytest.raises(UsageError, match=r"providers.bad.baseUrl"):
        kit.choose(provider="bad", model="x")


def test_a_key_on_the_command_line_is_for_the_chosen_model(make):
    kit = make()
    choice = kit.choose(model="alpha/a-small", api_key="secret")
    assert require(choice, kit.models)["id"] == "a-small"
    credential = kit.keys.credential("alpha")
    assert (credential.secret, credential.source) == ("secret", "--api-key")


def test_a_key_on_the_command_line_does_not_choose(make):
    kit = make(environ={"BETA_KEY": "b"})
    with pytest.raises(UsageError, match="--api-key does not say which"):
        kit.choose(model="shared", api_key="k")
    assert kit.name(model="alpha/a-small", api_key="k") == "alpha/a-small:off"


def test_the_demo_model_needs_nothing_and_is_never_a_default(make):
    kit = make(environ={})
    assert kit.name(model="demo") == "demo/demo:medium"
    assert kit.name(model="demo/demo") == "demo/demo:medium"
    assert require(kit.choose(model="demo"), kit.models)["api"] == "demo"
    assert kit.probes == []
    assert make().name() == "none"


# --- scope ---------------------------------------------------------------------------------------


def test_the_first_of_the_scope_or_the_saved_default_in_it(make):
    kit = make(own=OWN, environ={"ALPHA_KEY": "k"})
    assert kit.name(models=["two", "one"]) == "mock/two:medium"
    saved = {"defaultProvider": "mock", "defaultModel": "one"}
    kit = make(own=OWN, settings={**saved, "enabledModels": ["two", "mock/one"]})
    assert kit.name() == "mock/one:off"
    kit = make(own=OWN, settings={**saved, "enabledModels": ["two"]})
    assert kit.name() == "mock/two:medium"
    assert kit.name(models=["one"]) == "mock/one:off"
    assert [each.model["id"] for each in kit.choose().scoped] == ["two"]


def test_a_scope_that_matches_nothing_is_none(make):
    choice = make(own=OWN).choose(models=["nope"])
    assert choice.model["id"] == "one"
    assert choice.scoped == []
    assert 'no usable model matches "nope"' in choice.warnings


def test_a_model_outside_the_scope_may_be_named(make):
    choice = make(own=OWN).choose(model="one", models=["two"])
    assert choice.model["id"] == "one"
    assert [each.model["id"] for each in choice.scoped] == ["two"]


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_goes_on_with_its_model_and_level(make):
    kit = make(own=OWN, environ={"ALPHA_KEY": "k"}, settings={"enabledModels": ["one"]})
    session = {"resumes": True, "session_model": ("mock", "two"), "session_thinking": "low"}
    assert kit.name(**session) == "mock/two:low"
    assert kit.name(**session, model="alpha/a-large") == "alpha/a-large:low"
    assert kit.name(**session, thinking="high") == "mock/two:high"
    assert kit.name(**{**session, "session_thinking": None}) == "mock/two:medium"


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        (("gone", "x"), "not known here"),
        (("beta", "shared"), "no key"),
        (("delta", "d-one"), "not"),
    ],
)
def test_a_session_whose_model_is_lost_goes_on_with_another(make, lost, why):
    choice = make(own=OWN).choose(resumes=True, session_model=lost)
    assert choice.model["id"] == "one"
    assert "/".join(lost) in choice.notice
    assert why in choice.notice
    assert choice.notice.endswith("; going on with mock/one")


def test_a_former_provider_id_still_finds_its_models(make):
    kit = make(stored={"azure-openai-responses": {"type": "api_key", "key": "k"}})
    assert kit.keys.credential("azure").secret == "k"


# --- local servers -------------------------------------------------------------------------------


def test_without_any_key_a_local_server_is_found(make):
    kit = make(local=LOCAL)
    assert kit.name() == "ollama/qwen3:8b:off"
    assert kit.probes == [None]
    assert require(kit.choose(), kit.models)["baseUrl"].endswith("/v1")
    assert kit.keys.credential("ollama").kind == "none"


@pytest.mark.parametrize(
    "options", [{"environ": {"DELTA_KEY": "k"}}, {"own": OWN}, {"environ": {"ALPHA_KEY": "k"}}]
)
def test_with_any_key_no_server_is_asked(make, options):
    kit = make(local=LOCAL, **options)
    kit.choose()
    usable_book(kit.models)
    with pytest.raises(NoModelError):
        kit.choose(model="qwen3:8b")
    assert kit.probes == []


def test_a_server_that_is_named_is_asked_even_then(make):
    kit = make(local=LOCAL, own=OWN)
    assert kit.name(model="ollama/qwen3:8b") == "ollama/qwen3:8b:off"
    assert kit.probes == ["ollama"]
    kit = make(local=LOCAL, own=OWN)
    assert kit.name(provider="ollama", model="qwen3") == "ollama/qwen3:8b:off"
    kit = make(
        local=LOCAL, own=OWN, settings={"defaultProvider": "ollama", "defaultModel": "qwen3:8b"}
    )
    assert kit.name() == "ollama/qwen3:8b:off"
    kit = make(local=LOCAL, own=OWN)
    assert kit.name(resumes=True, session_model=("ollama", "qwen3:8b")) == "ollama/qwen3:8b:off"


def test_without_keys_a_local_model_comes_before_one_that_has_no_key(make):
    local = [{**LOCAL[0], "id": "a-large", "name": "a-large"}]
    kit = make(local=local)
    assert kit.name(model="a-large") == "ollama/a-large:off"
    assert make(local=[]).name(model="a-large") == "alpha/a-large:medium"


def test_with_nothing_at_all_every_way_on_is_told(make):
    kit = make()
    choice = kit.choose()
    assert (choice.model, choice.thinking) == (None, "off")
    with pytest.raises(NoModelError) as caught:
        require(choice, kit.models)
    text = str(caught.value)
    for word in (
        "ANTHROPIC_API_KEY",
        "/login",
        f"{kit.folder}/models.json",
        "Ollama",
        "--model demo",
    ):
        assert word in text
    assert "there is no API key" in text


def test_a_key_for_what_pi_does_not_speak_is_told(make):
    kit = make(environ={"DELTA_KEY": "k"})
    assert "none of the wire formats of delta" in no_model_message(kit.models)


def test_a_command_is_not_run_to_find_out_whether_there_is_a_key(make):
    own = {"providers": {"mock": {**OWN["providers"]["mock"], "apiKey": "!get key"}}}
    kit = make(own=own)
    require(kit.choose(), kit.models)
    assert kit.commands == []
