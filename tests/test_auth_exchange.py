"""Asking a token service: what is sent, what is taken, and errors without secrets."""

from __future__ import annotations

import pytest

from pi.auth.exchange import Token, ask, form, masked
from pi.cancel import CancelToken
from pi.errors import ProviderError
from pi.transport import Transport
from tests.rawserver import RawServer, answering, reply


def asked(answer, **options):
    """(reply, what was sent) for an answer in bytes."""
    with RawServer(answering(answer)) as server:
        transport = Transport(environ={})
        request = form(f"{server.url}/token", {"a": "b c&d", "refresh_token": "r-secret"})
        try:
            return ask(transport, request, CancelToken(), "Acme", **options), server.requests[0]
        finally:
            transport.close()


def test_a_form_and_its_answer():
    got, sent = asked(reply(b'{"access_token": "t"}'))
    assert got == {"access_token": "t"}
    assert sent.startswith(b"POST /v1/chat/token HTTP/1.1")
    assert b"a=b+c%26d&refresh_token=r-secret" in sent
    assert b"application/x-www-form-urlencoded" in sent


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (reply(b"[]"), "protocol", "Acme did not answer with a JSON object"),
        (reply(b"<html>"), "protocol", "JSON"),
        (reply(b"{}", "503 Service Unavailable"), "overloaded", "Acme: 503"),
        (
            reply(
                b'{"error": "invalid_grant", "error_description": "r-secret was revoked"}',
                "400 Bad Request",
            ),
            "auth",
            r"Acme refused: 400 Bad Request: .*\*\*\* was revoked|Acme refused: .*invalid_grant",
        ),
        (reply(b'{"error": {"message": "no"}}', "403 Forbidden"), "auth", "no"),
    ],
)
def test_errors(answer, kind, says):
    with pytest.raises(ProviderError, match=says) as caught:
        asked(answer, secrets=["r-secret"])
    assert caught.value.kind == kind
    assert "r-secret" not in str(caught.value)


def test_a_token_and_when_it_ends():
    token = Token.of({"access_token": " t1 ", "expires_in": "100"}, 50.0, "Acme")
    assert (token.secret, token.expires_s) == ("t1", 150.0)
    assert Token.of({"accessToken": "t", "expires_in": -4}, 0.0, "Acme", "accessToken") == Token(
        "t", 3600.0
    )
    assert "t1" not in repr(token)


@pytest.mark.parametrize("value", [None, "", "  ", 5, "a\nb", "ä"])
def test_what_is_no_token(value):
    with pytest.raises(ProviderError, match="Acme answered with"):
        Token.of({"access_token": value}, 0.0, "Acme")


def test_masking():
    assert masked("key abcdef, x", ["abcdef", "x"]) == "key ***, x"
