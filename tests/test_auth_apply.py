"""Putting credentials and configured headers on requests."""

from __future__ import annotations

import pytest

from pi.auth.apply import apply, authoriser, filled, headers_of, locator
from pi.auth.resolve import Credential
from pi.auth.value import Values
from pi.cancel import CancelToken
from pi.errors import NoModelError, PiError
from pi.request import Request
from tests import modelkit


def request(auth="bearer", url="https://x/v1/chat", **headers):
    return Request(url, {"content-type": "application/json", **headers}, b"{}", auth=auth)


def credential(kind="api_key", **fields):
    return Credential("alpha", kind, "SECRET", "a test", **{"env": {}, **fields})


@pytest.mark.parametrize(
    ("auth", "kind", "name", "value"),
    [
        ("bearer", "api_key", "Authorization", "Bearer SECRET"),
        ("x-api-key", "api_key", "x-api-key", "SECRET"),
        ("api-key", "api_key", "api-key", "SECRET"),
        ("x-goog-api-key", "api_key", "x-goog-api-key", "SECRET"),
        ("x-api-key", "bearer", "Authorization", "Bearer SECRET"),
        ("sigv4", "bearer", "Authorization", "Bearer SECRET"),
    ],
)
def test_how_a_key_travels(auth, kind, name, value):
    sent = apply(request(auth), credential(kind))
    assert sent.headers == {"content-type": "application/json", name: value}
    assert (sent.url, sent.body) == ("https://x/v1/chat", b"{}")


@pytest.mark.parametrize(("auth", "kind"), [("bearer", "none"), ("none", "api_key")])
def test_nothing_travels(auth, kind):
    assert "SECRET" not in str(apply(request(auth), credential(kind)).headers)


def test_a_header_of_its_own_replaces_the_usual_one():
    sent = apply(request("x-api-key"), credential(header="cf-aig-authorization"))
    assert sent.headers["cf-aig-authorization"] == "Bearer SECRET"
    assert "x-api-key" not in sent.headers
    assert "Authorization" not in sent.headers


def test_a_way_of_signing_that_is_unknown():
    with pytest.raises(PiError, match="smoke-signals"):
        apply(request("smoke-signals"), credential())


def test_configured_headers_win_whatever_their_case():
    before = request(accept="a")
    sent = apply(before, credential(), {"ACCEPT": "b", "authorization": "own", "X": "1"})
    assert sent.headers == {
        "content-type": "application/json",
        "ACCEPT": "b",
        "authorization": "own",
        "X": "1",
    }
    assert before.headers == {"content-type": "application/json", "accept": "a"}


def test_configured_headers_are_resolved_each_time():
    outputs = iter(["one", "two"])
    values = Values({"VAR": "v"}, lambda command: next(outputs))
    model = {"provider": "p", "id": "m", "headers": {"A": "x-$VAR", "B": "!get", "C": "$OWN"}}
    given = credential(env={"OWN": "o"})
    assert headers_of(model, given, values) == {"A": "x-v", "B": "one", "C": "o"}
    assert headers_of(model, given, values)["B"] == "two"


@pytest.mark.parametrize(
    ("text", "why"), [("$NOPE", "needs NOPE"), ("!false", "its command failed")]
)
def test_a_header_that_cannot_be_had(text, why):
    model = {"provider": "p", "id": "m", "headers": {"X-A": text}}
    with pytest.raises(NoModelError, match=f'header "X-A" of p/m cannot be had: {why}'):
        headers_of(model, credential(), Values({}, lambda command: None))


def test_auth_header_adds_a_bearer_token_that_a_models_own_may_replace():
    values = Values({})
    model = {"provider": "p", "id": "m", "authHeader": True}
    assert headers_of(model, credential(), values) == {"Authorization": "Bearer SECRET"}
    assert headers_of({**model, "headers": {"authorization": "own"}}, credential(), values) == {
        "authorization": "own"
    }


def test_blanks_in_an_address():
    values = Values({"ACCOUNT": "env", "GATE": "g-1"})
    url = "https://x/{ACCOUNT}/{GATE}/v1?{location}"
    sent = filled(request(url=url), credential(env={"ACCOUNT": "own"}), values)
    assert sent.url == "https://x/own/g-1/v1?{location}"


@pytest.mark.parametrize(
    ("environ", "says"), [({}, "ACCOUNT"), ({"ACCOUNT": "../x"}, "ACCOUNT has characters")]
)
def test_a_blank_that_cannot_be_filled(environ, says):
    with pytest.raises(NoModelError, match=says):
        filled(request(url="https://x/{ACCOUNT}"), credential(), Values(environ))


def test_all_of_it_together(tmp_path):
    own = {"providers": {"gamma": {"headers": {"X-Team": "$TEAM"}}}}
    environ = {"GAMMA_KEY": "k", "GAMMA_ACCOUNT": "acc", "TEAM": "t"}
    kit = modelkit.Kit(tmp_path, own=own, environ=environ)
    model = kit.choose(model="gamma/g-one").model
    sent = authoriser(kit.keys, None)(
        request(url=f"{model['baseUrl']}/chat/completions"), model, CancelToken()
    )
    assert sent.url == "https://gamma/acc/v1/chat/completions"
    assert sent.headers == {
        "content-type": "application/json",
        "x-gamma-auth": "Bearer k",
        "X-Fixed": "1",
        "X-Team": "t",
    }


def test_a_model_without_a_key_is_refused_with_what_to_do(tmp_path):
    kit = modelkit.Kit(tmp_path)
    with pytest.raises(NoModelError, match="ALPHA_KEY"):
        authoriser(kit.keys, None)(request(), kit.book.find("alpha", "a-large"), CancelToken())


def test_azure_is_where_its_variables_say(tmp_path):
    ran = tmp_path / "ran"
    env = {"AZURE_OPENAI_RESOURCE_NAME": "acme"}
    stored = {"alpha": {"type": "api_key", "key": f"!touch {ran}; echo k", "env": env}}
    environ = {"AZURE_OPENAI_DEPLOYMENT_NAME_MAP": "a-large=ours", **dict.fromkeys(env, "other")}
    kit = modelkit.Kit(tmp_path, stored=stored, environ=environ)
    plain = kit.book.find("alpha", "a-large")
    locate = locator(kit.keys)
    found = locate({**plain, "api": "azure-openai-responses"})
    assert found["baseUrl"] == "https://acme.openai.azure.com/openai/v1?api-version=v1"
    assert found["deployment"] == "ours"
    assert locate(plain) is plain
    assert not ran.exists(), "no key is needed to know where a model is"
