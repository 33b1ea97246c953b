"""Who has credentials: the order of sources, what they need, what goes wrong."""

from __future__ import annotations

import pytest

from pi.auth.resolve import Credential
from pi.errors import NoModelError
from tests import modelkit

MOCK = {"baseUrl": "http://mock", "api": "openai-completions", "models": [{"id": "m"}]}


@pytest.fixture
def make(tmp_path):
    return lambda **options: modelkit.Kit(tmp_path, **options).keys


def own(**entry):
    return {"providers": {"alpha": entry}}


def stored(**entry):
    return {"alpha": {"type": "api_key", **entry}}


def test_the_order_of_sources(make):
    layers = {
        "environ": {"ALPHA_KEY": "from-env"},
        "own": own(apiKey="from-models"),
        "stored": stored(key="from-auth"),
    }
    expected = [
        (("environ",), "from-env", "environment ALPHA_KEY"),
        (("environ", "own"), "from-models", "models.json"),
        (("environ", "own", "stored"), "from-auth", "auth.json"),
    ]
    for names, secret, source in expected:
        keys = make(**{name: layers[name] for name in names})
        credential = keys.credential("alpha")
        assert (credential.secret, credential.source, credential.kind) == (
            secret,
            source,
            "api_key",
        )
    keys.give("alpha", "$LITERAL")
    assert keys.credential("alpha").secret == "$LITERAL"


def test_nothing_at_all(make):
    keys = make()
    assert not keys.usable("alpha")
    assert not keys.usable("nobody")
    assert keys.credential("alpha") is None
    assert not keys.any()
    with pytest.raises(NoModelError) as caught:
        keys.require("alpha")
    assert "ALPHA_KEY" in str(caught.value)
    with pytest.raises(NoModelError, match="GAMMA_KEY and GAMMA_ACCOUNT"):
        keys.require("gamma")


def test_the_variables_of_a_provider_in_their_order_and_roles(make):
    both = make(environ={"BETA_TOKEN": "t", "BETA_KEY": "k"}).credential("beta")
    assert (both.kind, both.secret) == ("bearer", "t")
    one = make(environ={"BETA_TOKEN": "", "BETA_KEY": "k"}).credential("beta")
    assert (one.kind, one.secret) == ("api_key", "k")


def test_settings_a_provider_needs(make):
    assert not make(environ={"GAMMA_KEY": "k"}).usable("gamma")
    with pytest.raises(NoModelError, match="GAMMA_ACCOUNT"):
        make(environ={"GAMMA_KEY": "k"}).credential("gamma")
    keys = make(environ={"GAMMA_KEY": "k", "GAMMA_ACCOUNT": "acc"})
    assert keys.usable("gamma")
    assert keys.credential("gamma").header == "x-gamma-auth"
    entry = {"type": "api_key", "key": "k", "env": {"GAMMA_ACCOUNT": "own"}}
    keys = make(stored={"gamma": entry})
    assert keys.usable("gamma")
    assert keys.credential("gamma").env == {"GAMMA_ACCOUNT": "own"}


def test_an_entry_with_variables_only_lends_them_to_the_environments_key(make):
    keys = make(
        stored={"gamma": {"type": "api_key", "env": {"GAMMA_ACCOUNT": "own", "GAMMA_KEY": "k2"}}}
    )
    assert keys.credential("gamma").secret == "k2"


@pytest.mark.parametrize(
    ("text", "usable", "secret"),
    [("$K", True, "v"), ("pre-${K}", True, "pre-v"), ("$NOPE", False, None), ("!cmd", True, "out")],
)
def test_references_in_both_files(tmp_path, text, usable, secret):
    for options in ({"own": own(apiKey=text)}, {"stored": stored(key=text)}):
        folder = tmp_path / next(iter(options))
        folder.mkdir()
        kit = modelkit.Kit(folder, environ={"K": "v"}, **options)
        kit.outputs["cmd"] = " out\n"
        assert kit.keys.usable("alpha") is usable
        assert kit.commands == []  # nothing is run to find that out
        if secret is None:
            with pytest.raises(NoModelError, match="NOPE"):
                kit.keys.credential("alpha")
        else:
            assert kit.keys.credential("alpha").secret == secret


def test_a_stored_key_may_use_its_own_variables(make):
    keys = make(stored=stored(key="$OWN", env={"OWN": "mine"}), environ={"OWN": "other"})
    assert keys.credential("alpha").secret == "mine"


def test_stored_commands_run_once_configured_ones_each_time(tmp_path):
    kit = modelkit.Kit(
        tmp_path, stored=stored(key="!stored"), own={"providers": {"m": {**MOCK, "apiKey": "!own"}}}
    )
    kit.outputs.update(stored="a", own="b")
    for _ in range(3):
        kit.keys.credential("alpha")
        kit.keys.credential("m")
    assert sorted(kit.commands) == ["own", "own", "own", "stored"]


def test_a_key_that_cannot_be_had_is_not_replaced_by_another(make):
    keys = make(stored=stored(key="!fails"), environ={"ALPHA_KEY": "for something else"})
    with pytest.raises(
        NoModelError, match=r"key of alpha in auth\.json cannot be had: its command"
    ):
        keys.credential("alpha")
    assert len(keys.warnings) == 1


def test_logins(make):
    login = {"type": "oauth", "access": "tok", "refresh": "r", "expires": 1001}
    credential = make(stored={"alpha": login}).credential("alpha")
    assert (credential.kind, credential.secret) == ("bearer", "tok")
    keys = make(stored={"alpha": {**login, "expires": 1000}})
    assert keys.usable("alpha")
    with pytest.raises(NoModelError, match="login of alpha has expired"):
        keys.credential("alpha")


def test_a_logins_token_travels_as_a_bearer_token_wherever_it_is_from(make):
    keys = make(environ={"ALPHA_KEY": "sk-ant-oat01-abc"})
    assert keys.credential("alpha").kind == "bearer"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("sk-\u00e9", "characters"),
        ("sk-\x00x", "characters"),
        ("a\nb", "characters"),
        ("  ", "empty"),
    ],
)
def test_a_key_that_cannot_be_sent_is_told_without_the_key(make, key, says):
    with pytest.raises(NoModelError, match=says) as caught:
        make(environ={"ALPHA_KEY": key}).credential("alpha")
    assert "sk-" not in str(caught.value)
    assert "ALPHA_KEY" in str(caught.value)


def test_blanks_around_a_key_are_dropped(make):
    assert make(environ={"ALPHA_KEY": " k\n"}).credential("alpha").secret == "k"


@pytest.mark.parametrize(
    "options",
    [
        {"environ": {"DELTA_KEY": "k"}},
        {"stored": stored(key="k")},
        {"own": {"providers": {"m": {**MOCK, "apiKey": "k"}}}},
    ],
)
def test_any_credential_counts(make, options):
    assert make(**options).any()


def test_a_provider_without_a_key_does_not_count(make):
    keys = make(own={"providers": {"m": MOCK, "n": {**MOCK, "apiKey": "$NOPE"}}})
    assert not keys.any()
    assert keys.credential("m") is None


def test_local_servers_need_no_key_but_take_one(make):
    assert make().credential("ollama").kind == "none"
    assert not make().usable("ollama")  # whether it is there is not a matter of keys
    credential = make(environ={"LLAMA_API_KEY": "k"}).credential("llama.cpp")
    assert (credential.kind, credential.secret) == ("bearer", "k")
    keys = make(own={"providers": {"ollama": MOCK}})
    assert keys.credential("ollama") is None  # the user describes it, so the user's word counts


def test_problems_of_the_file_are_warnings(make):
    keys = make(stored="{broken", environ={"ALPHA_KEY": "k"})
    assert keys.credential("alpha").secret == "k"
    assert "auth.json: not valid JSON" in keys.warnings[0]


def test_a_secret_is_never_shown():
    credential = Credential("alpha", "api_key", "sk-secret", "auth.json", {"X": "sk-also"})
    assert repr(credential) == "Credential(alpha, api_key, from auth.json)"
    assert "sk-" not in f"{credential} {credential!r} {[credential]}"


def test_one_provider_costs_no_look_at_the_others_files(tmp_path):
    kit = modelkit.Kit(tmp_path, environ={"ALPHA_KEY": "k"})
    kit.keys.credential("alpha")
    assert kit.reads == ["providers.json"]


def test_a_login_counts_as_one_until_a_key_is_given(make):
    login = {"type": "oauth", "access": "tok", "refresh": "r", "expires": 10**15}
    keys = make(stored={"alpha": login, "beta": {"type": "api_key", "key": "k"}})
    assert keys.login("alpha") == login
    assert keys.login("beta") is keys.login("unknown") is None
    keys.give("alpha", "sk-1")
    assert keys.login("alpha") is None
