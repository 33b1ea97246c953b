"""Anthropic's workload identity federation: the exchange, its renewal, what goes wrong."""

from __future__ import annotations

import json

import pytest

from pi.auth import federation
from pi.auth.apply import authoriser
from pi.auth.resolve import Keys
from pi.auth.value import Values
from pi.cancel import CancelToken
from pi.errors import NoModelError, ProviderError
from pi.models import config
from pi.models.catalog import Catalog
from pi.request import Request
from tests.test_auth_google import Clock, Service

USUAL = {"ANTHROPIC_FEDERATION_RULE_ID": "rule", "ANTHROPIC_ORGANIZATION_ID": "org"}


@pytest.fixture
def variables(tmp_path):
    (tmp_path / "identity").write_text("header.claims.sign\n")
    return {**USUAL, "ANTHROPIC_IDENTITY_TOKEN_FILE": str(tmp_path / "identity")}


def test_the_exchange_says_who_asks(variables):
    service = Service()
    more = {"ANTHROPIC_SERVICE_ACCOUNT_ID": "svc", "ANTHROPIC_WORKSPACE_ID": ""}
    source = federation.open_source({**variables, **more}.get, service, Clock())
    credential = source(CancelToken())
    assert (credential.kind, credential.secret) == ("bearer", "t1")
    (request,) = service.requests
    assert request.url == "https://api.anthropic.com/v1/oauth/token"
    assert request.headers["anthropic-beta"] == "oauth-2025-04-20,oidc-federation-2026-04-01"
    assert json.loads(request.body) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "header.claims.sign",
        "federation_rule_id": "rule",
        "organization_id": "org",
        "service_account_id": "svc",
    }


@pytest.mark.parametrize(
    "base", ["https://proxy/pre", "https://proxy/pre/", "https://proxy/pre/v1"]
)
def test_the_exchange_goes_where_requests_go(variables, base):
    service = Service()
    federation.open_source(variables.get, service, Clock(), base)(CancelToken())
    assert service.requests[0].url == "https://proxy/pre/v1/oauth/token"


def test_a_token_is_kept_and_renewed_with_the_file_as_it_is_then(variables, tmp_path):
    service, clock = Service(), Clock()
    source = federation.open_source(variables.get, service, clock)
    assert [source(CancelToken()).secret for _ in range(3)] == ["t1"] * 3
    (tmp_path / "identity").write_text("fresh")
    clock.now_s += 3600 - 59
    assert source(CancelToken()).secret == "t2"
    assert json.loads(service.requests[-1].body)["assertion"] == "fresh"
    assert len(service.requests) == 2


def test_a_refusal_is_told_without_the_identity(variables):
    body = {"error": {"type": "invalid_grant", "message": "header.claims.sign is too old"}}
    source = federation.open_source(variables.get, Service((401, body)), Clock())
    with pytest.raises(ProviderError, match="Anthropic refused") as caught:
        source(CancelToken())
    assert caught.value.kind == "auth"
    assert "header.claims.sign" not in str(caught.value)


def test_no_identity(variables, tmp_path):
    assert federation.is_there(variables.get)
    (tmp_path / "identity").write_text(" \n")
    source = federation.open_source(variables.get, Service(), Clock())
    with pytest.raises(NoModelError, match="is empty"):
        source(CancelToken())
    (tmp_path / "identity").unlink()
    assert not federation.is_there(variables.get)
    assert str(tmp_path) in federation.missing(variables.get)
    with pytest.raises(NoModelError, match="cannot read the identity token"):
        source(CancelToken())


def test_a_request_carries_the_token_and_the_feature_it_needs(variables, tmp_path):
    row = {"name": "federation", "needs": [*USUAL, "ANTHROPIC_IDENTITY_TOKEN_FILE"]}
    providers = {"anthropic": {"name": "A", "keys": [], "ambient": [row]}}
    catalog = Catalog(lambda name: json.dumps(providers).encode())
    entries = config.load(str(tmp_path / "models.json"))
    keys = Keys(str(tmp_path / "auth.json"), entries, catalog, Values(variables))
    assert keys.usable("anthropic")
    service = Service((200, {"access_token": "sk-ant-oat01-x", "expires_in": 60}))
    model = {"provider": "anthropic", "id": "c", "baseUrl": "https://here"}
    request = Request("https://here/v1/messages", {"anthropic-beta": "one"}, b"{}", "x-api-key")
    sent = authoriser(keys, service, Clock())(request, model, CancelToken())
    assert sent.headers["Authorization"] == "Bearer sk-ant-oat01-x"
    assert sent.headers["anthropic-beta"] == "one,oauth-2025-04-20"
    assert service.requests[0].url == "https://here/v1/oauth/token"
