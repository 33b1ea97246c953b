"""Credentials of Google Cloud: where they are found, how a token is asked for, what goes wrong."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest

from pi.auth import google, rsa
from pi.cancel import CancelToken
from pi.errors import NoModelError, ProviderError
from pi.value import Value
from tests.rawserver import RawServer, answering, reply
from tests.rsakey import PKCS8

USER = {
    "type": "authorized_user",
    "client_id": "the-client",
    "client_secret": "the-client-secret",
    "refresh_token": "the-refresh-token",
}
SERVICE = {
    "type": "service_account",
    "client_email": "a@b.example",
    "private_key_id": "kid-1",
    "private_key": PKCS8,
}
SHARED = {"service_account_impersonation_url": "https://iam.example/x:generateAccessToken"}
EXTERNAL = {
    "type": "external_account",
    "audience": "//iam.example/pool",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.example/token",
}


class Answer(Value):
    status: int
    body: bytes
    headers: dict

    def read(self, limit=None):
        return self.body[:limit]


class Service:
    """A transport whose other end answers with tokens; `answers` come first."""

    def __init__(self, *answers):
        self.requests = []
        self.limits = []
        self._answers = list(answers)

    @contextmanager
    def open(self, request, token, limits):
        token.check()
        self.requests.append(request)
        self.limits.append(limits)
        number = len(self.requests)
        usual = {"access_token": f"t{number}", "accessToken": f"i{number}", "expires_in": 3600}
        status, body = self._answers.pop(0) if self._answers else (200, usual)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        yield Answer(status, data, {"content-type": "application/json"})

    def forms(self):
        return [
            {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            for request in self.requests
        ]


class Clock:
    now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def write(tmp_path):
    """write(info) -> a lookup whose GOOGLE_APPLICATION_CREDENTIALS names a file of it."""

    def made(info, **variables):
        path = tmp_path / "adc.json"
        path.write_text(info if isinstance(info, str) else json.dumps(info))
        return {
            "HOME": str(tmp_path),
            "GOOGLE_APPLICATION_CREDENTIALS": str(path),
            **variables,
        }.get

    return made


def credential(lookup, service=None, clock=None):
    source = google.open_source(lookup, service or Service(), clock or Clock())
    return source(CancelToken())


# --- where they are ------------------------------------------------------------------------------


def test_a_named_file_counts_before_all_others(tmp_path):
    gcloud = tmp_path / ".config" / "gcloud"
    lookup = {"HOME": str(tmp_path)}
    was_there = google.is_there(lookup.get)  # true on a machine of Google's
    gcloud.mkdir(parents=True)
    (gcloud / "application_default_credentials.json").write_text("{}")
    assert google.is_there(lookup.get)
    lookup["GOOGLE_APPLICATION_CREDENTIALS"] = str(tmp_path / "none.json")
    assert not google.is_there(lookup.get)
    assert "none.json" in google.missing(lookup.get)
    assert isinstance(was_there, bool)


def test_another_folder_of_gclouds(tmp_path):
    (tmp_path / "application_default_credentials.json").write_text(json.dumps(USER))
    lookup = {"CLOUDSDK_CONFIG": str(tmp_path)}.get
    assert google.is_there(lookup)
    assert credential(lookup).source.startswith(str(tmp_path))


@pytest.mark.parametrize("sign", ["GCE_METADATA_HOST", "K_SERVICE"])
def test_a_machine_of_googles(tmp_path, sign):
    assert google.is_there({"HOME": str(tmp_path), sign: "x"}.get)
    assert "gcloud auth" in google.missing({"HOME": str(tmp_path)}.get)


@pytest.mark.parametrize(
    ("key", "is_marker"),
    [("gcp-vertex-credentials", True), ("<authenticated>", True), ("AIza", False), ("", False)],
)
def test_what_only_stands_for_a_key(key, is_marker):
    assert google.is_marker(key) is is_marker


# --- how a token is asked for --------------------------------------------------------------------


def test_a_user(write):
    service = Service()
    found = credential(write({**USER, "quota_project_id": "payer"}), service)
    assert (found.kind, found.secret) == ("bearer", "t1")
    assert found.headers == {"x-goog-user-project": "payer"}
    assert service.requests[0].url == "https://oauth2.googleapis.com/token"
    assert service.forms() == [
        {
            "refresh_token": "the-refresh-token",
            "client_id": "the-client",
            "client_secret": "the-client-secret",
            "grant_type": "refresh_token",
        }
    ]
    assert service.limits[0].connect_s <= 10
    assert "t1" not in repr(found)


def test_the_variable_for_the_quota_counts_before_the_file(write):
    lookup = write({**USER, "quota_project_id": "payer"}, GOOGLE_CLOUD_QUOTA_PROJECT="other")
    assert credential(lookup).headers == {"x-goog-user-project": "other"}
    assert credential(write({**USER, "quota_project_id": "a\r\nb"})).headers == {}


def test_a_service_account_signs_a_statement(write):
    service = Service()
    credential(write({**SERVICE, "token_uri": "https://tokens.example/t"}), service)
    assert service.requests[0].url == "https://tokens.example/t"
    sent = service.forms()[0]
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    head, claims, signature = sent["assertion"].split(".")
    assert _json(head) == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}
    assert _json(claims) == {
        "iss": "a@b.example",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://tokens.example/t",
        "exp": 4600,
        "iat": 1000,
    }
    signed = rsa.sign(rsa.read_key(PKCS8), f"{head}.{claims}".encode())
    assert _decoded(signature) == signed


def _decoded(part):
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _json(part):
    return json.loads(_decoded(part))


def test_acting_for_a_service_account(write):
    service = Service()
    info = {
        "type": "impersonated_service_account",
        "source_credentials": USER,
        "delegates": ["d"],
        **SHARED,
    }
    assert credential(write(info), service).secret == "i2"
    second = service.requests[1]
    assert second.url == SHARED["service_account_impersonation_url"]
    assert second.headers["authorization"] == "Bearer t1"
    assert json.loads(second.body) == {
        "scope": ["https://www.googleapis.com/auth/cloud-platform"],
        "lifetime": "3600s",
        "delegates": ["d"],
    }


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        ("SUBJECT\n", {}),
        ('{"id": "SUBJECT"}', {"format": {"type": "json", "subject_token_field_name": "id"}}),
    ],
)
def test_an_external_account_from_a_file(write, tmp_path, content, shape):
    (tmp_path / "subject").write_text(content)
    source = {"file": str(tmp_path / "subject"), **shape}
    service = Service()
    found = credential(write({**EXTERNAL, "credential_source": source, **SHARED}), service)
    assert found.secret == "i2"
    assert service.requests[0].url == EXTERNAL["token_url"]
    assert service.forms()[0] == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": EXTERNAL["audience"],
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token": "SUBJECT",
        "subject_token_type": EXTERNAL["subject_token_type"],
    }


def test_an_external_account_from_an_address(write):
    service = Service((200, b"SUBJECT"))
    source = {"url": "http://169.254.169.254/token", "headers": {"metadata": "true", "n": 1}}
    assert credential(write({**EXTERNAL, "credential_source": source}), service).secret == "t2"
    asked = service.requests[0]
    assert (asked.method, asked.url, asked.headers) == (
        "GET",
        "http://169.254.169.254/token",
        {"metadata": "true"},
    )
    assert service.forms()[1]["subject_token"] == "SUBJECT"


def test_an_external_user(write):
    service = Service()
    info = {**USER, "type": "external_account_authorized_user", "token_url": "https://s.example/t"}
    assert credential(write(info), service).secret == "t1"
    assert service.requests[0].headers["authorization"].startswith("Basic ")
    assert service.forms()[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "the-refresh-token",
    }


# --- keeping it ----------------------------------------------------------------------------------


def test_a_token_is_kept_until_shortly_before_its_end(write):
    service, clock = Service(), Clock()
    source = google.open_source(write(USER), service, clock)
    secrets = []
    for now_s in (1000, 1001, 4539, 4541, 4542):
        clock.now_s = now_s
        secrets.append(source(CancelToken()).secret)
    assert secrets == ["t1", "t1", "t1", "t2", "t2"]


def test_a_failure_is_not_kept(write):
    service = Service((503, {"error": {"message": "busy"}}))
    source = google.open_source(write(USER), service, Clock())
    with pytest.raises(ProviderError, match="busy"):
        source(CancelToken())
    assert source(CancelToken()).secret == "t2"


# --- the metadata server -------------------------------------------------------------------------


def test_the_metadata_server(tmp_path):
    """Asked directly, whatever proxy there is, with the header that shows it is no accident."""
    body = json.dumps({"access_token": "of-machine", "expires_in": 600}).encode()
    with RawServer(answering(reply(body))) as server:
        host = server.url.split("/")[2]
        lookup = {
            "HOME": str(tmp_path),
            "GCE_METADATA_HOST": host,
            "http_proxy": "http://127.0.0.1:9",
        }.get
        found = credential(lookup)
        sent = server.requests[0].lower()
    assert (found.secret, found.source) == ("of-machine", "the metadata server")
    path = b"get /computemetadata/v1/instance/service-accounts/default/token http/1.1"
    assert sent.startswith(path)
    assert b"metadata-flavor: google" in sent


def test_no_metadata_server(tmp_path):
    with RawServer(lambda peer: None) as server:
        host = server.url.split("/")[2]
        with pytest.raises(NoModelError, match="gcloud auth application-default login"):
            credential({"HOME": str(tmp_path), "GCE_METADATA_HOST": host}.get)
    with pytest.raises(NoModelError, match="not the name of a host"):
        credential({"HOME": str(tmp_path), "GCE_METADATA_HOST": "h/path?x"}.get)


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "says"),
    [
        ("{", "are not JSON"),
        ("[" * 100_000, "are not JSON"),
        ("[]", "are not an object"),
        ({}, "have no type"),
        ({"type": "gdch_service_account"}, "pi can use service_account, authorized_user"),
        ({**USER, "refresh_token": None}, "have no refresh_token"),
        ({**USER, "token_uri": "http://tokens.example/t"}, "not an https address"),
        ({**SERVICE, "private_key": "nonsense"}, "no RSA private key"),
        ({**SERVICE, "client_email": 5}, "have no client_email"),
        ({**EXTERNAL, "credential_source": {"executable": {}}}, "from a program or from AWS"),
        ({**EXTERNAL, "credential_source": {"environment_id": "aws1", "url": "http://x"}}, "AWS"),
        ({**EXTERNAL, "credential_source": {"file": "/none/x"}}, "cannot read the token"),
        ({**EXTERNAL, "credential_source": 7}, "from a program"),
        ({"type": "impersonated_service_account", "source_credentials": []}, "have no type"),
    ],
)
def test_a_file_that_cannot_be_used(write, info, says):
    service = Service()
    with pytest.raises(NoModelError, match=says) as caught:
        credential(write(info), service)
    assert "adc.json" in str(caught.value) or "/none/x" in str(caught.value)
    assert "PRIVATE" not in str(caught.value)
    assert service.requests == []


def test_a_file_that_goes_away(write, tmp_path):
    source = google.open_source(write(USER), Service(), Clock())
    (tmp_path / "adc.json").unlink()
    with pytest.raises(NoModelError, match="cannot read the credentials"):
        source(CancelToken())


def test_a_login_that_was_revoked_says_what_to_do(write):
    refused = {"error": "invalid_grant", "error_description": "the-refresh-token is revoked"}
    with pytest.raises(NoModelError, match="gcloud auth application-default login") as caught:
        credential(write(USER), Service((400, refused)))
    assert "the-refresh-token" not in str(caught.value)


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 5}, b"nothing"])
def test_an_answer_without_a_token(write, body):
    with pytest.raises(ProviderError, match="Google"):
        credential(write(SERVICE), Service((200, body)))
