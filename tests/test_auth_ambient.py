"""Credentials of the machine: when there seem to be some; nobody is asked before a request."""

from __future__ import annotations

import json

import pytest

from pi.auth import ambient
from pi.auth.apply import authoriser
from pi.auth.credential import AMBIENT
from pi.auth.resolve import Keys
from pi.auth.value import Values
from pi.cancel import CancelToken
from pi.errors import Cancelled, NoModelError
from pi.models import config
from pi.models.catalog import Catalog
from pi.request import Request
from tests.test_auth_google import USER, Clock, Service

ROWS = [
    {"name": "one", "needs": ["A|B", "C"]},
    {"name": "two", "needs": ["D"]},
]
PROVIDERS = {
    "google-vertex": {
        "name": "V",
        "keys": [["GOOGLE_CLOUD_API_KEY", "api_key"]],
        "ambient": [{"name": "ADC", "needs": ["GOOGLE_CLOUD_PROJECT|GCLOUD_PROJECT", "LOC"]}],
    }
}
VERTEX = {"provider": "google-vertex", "id": "m", "api": "google-vertex"}
URL = "https://{location}-aiplatform.googleapis.com/v1/publishers/google/models/m:x"


@pytest.fixture
def make(tmp_path):
    """make(stored=..., **variables) -> Keys; a user's credentials are in HOME."""

    def made(stored=None, with_file=True, **variables):
        folder = tmp_path / ".config" / "gcloud"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "application_default_credentials.json"
        file.write_text(json.dumps(USER)) if with_file else file.unlink(missing_ok=True)
        (tmp_path / "auth.json").write_text(json.dumps(stored or {}))
        catalog = Catalog(lambda name: json.dumps(PROVIDERS).encode())
        environ = {"HOME": str(tmp_path), **variables}
        path = str(tmp_path / "models.json")
        return Keys(str(tmp_path / "auth.json"), config.load(path), catalog, Values(environ))

    return made


THERE = {"GCLOUD_PROJECT": "p", "LOC": "x"}


def sent(keys, service, count=1):
    authorise = authoriser(keys, service, Clock())
    request = Request(URL, {"content-type": "application/json"}, b"{}", "x-goog-api-key")
    for _ in range(count):
        done = authorise(request, VERTEX, CancelToken())
    return done


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ""),
        ({"A": "1"}, ""),
        ({"B": "1", "C": "1"}, "one"),
        ({"A": "", "B": "", "C": "1", "D": "1"}, "two"),
    ],
)
def test_which_row_holds(tmp_path, variables, expected):
    lookup = {"K_SERVICE": "on Google", "HOME": str(tmp_path), **variables}.get
    row = ambient.found("google-vertex", ROWS, lookup)
    assert (row or {"name": ""})["name"] == expected
    assert ambient.found("nobody", ROWS, lookup) is None
    assert bool(ambient.missing("google-vertex", ROWS, lookup)) is bool(expected)


def test_it_is_named_without_asking_anybody(make):
    keys = make(**THERE)
    assert keys.usable("google-vertex")
    assert keys.any()
    found = keys.credential("google-vertex")
    assert (found.kind, found.secret, found.source) == (AMBIENT, "", "ADC")
    assert not make(GCLOUD_PROJECT="p").usable("google-vertex")


def test_a_key_comes_before_the_machine(make):
    keys = make(**THERE, GOOGLE_CLOUD_API_KEY="AIza")
    assert keys.credential("google-vertex").kind == "api_key"
    done = sent(keys, Service())
    assert done.url == "https://aiplatform.googleapis.com/v1/publishers/google/models/m:x"
    assert done.headers["x-goog-api-key"] == "AIza"


@pytest.mark.parametrize("marker", ["gcp-vertex-credentials", "<authenticated>"])
def test_a_marker_stands_for_the_machine(make, marker):
    keys = make(**THERE, GOOGLE_CLOUD_API_KEY=marker)
    assert keys.credential("google-vertex").kind == AMBIENT


def test_a_request_gets_a_token_that_is_kept(make):
    service = Service()
    keys = make(**THERE, GOOGLE_CLOUD_LOCATION="eu", GOOGLE_CLOUD_QUOTA_PROJECT="payer")
    done = sent(keys, service, count=3)
    assert len(service.requests) == 1
    assert done.headers == {
        "content-type": "application/json",
        "Authorization": "Bearer t1",
        "x-goog-user-project": "payer",
    }
    assert done.url.startswith(
        "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/"
    )


def test_variables_stored_with_a_provider(make):
    stored = {"google-vertex": {"type": "api_key", "env": {**THERE, "GOOGLE_CLOUD_LOCATION": "eu"}}}
    keys = make(stored)
    assert keys.usable("google-vertex")
    assert "/projects/p/locations/eu/" in sent(keys, Service()).url


def test_what_is_missing_is_said(make):
    keys = make(with_file=False, **THERE, GOOGLE_APPLICATION_CREDENTIALS="/none/adc.json")
    assert not keys.usable("google-vertex")
    with pytest.raises(NoModelError, match=r"/none/adc\.json"):
        keys.require("google-vertex")


def test_a_cancelled_run_asks_nobody(make):
    token, service = CancelToken(), Service()
    token.cancel()
    ask = authoriser(make(**THERE, GOOGLE_CLOUD_LOCATION="eu"), service)
    with pytest.raises(Cancelled):
        ask(Request(URL, {}, b""), VERTEX, token)
    assert service.requests == []
