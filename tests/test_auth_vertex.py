"""The address of Vertex AI, by credential, location and project."""

from __future__ import annotations

import pytest

from pi.auth.credential import Credential
from pi.auth.vertex import addressed
from pi.errors import NoModelError
from pi.request import Request

OWN = "https://{location}-aiplatform.googleapis.com/v1/publishers/google/models/m:x?alt=sse"
REST = "publishers/google/models/m:x?alt=sse"


def sent_to(url=OWN, kind="bearer", **variables):
    credential = Credential("google-vertex", kind, "s", "a test", {})
    return addressed(Request(url, {}, b""), credential, variables.get).url


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_with_a_token(location, host):
    url = sent_to(GOOGLE_CLOUD_PROJECT="p-1", GOOGLE_CLOUD_LOCATION=location)
    assert url == f"https://{host}/v1/projects/p-1/locations/{location}/{REST}"


def test_with_a_key_there_is_no_project():
    url = sent_to(kind="api_key", GOOGLE_CLOUD_PROJECT="p", GOOGLE_CLOUD_LOCATION="us-central1")
    assert url == f"https://aiplatform.googleapis.com/v1/{REST}"


def test_the_other_name_of_the_project():
    url = sent_to(GCLOUD_PROJECT="example.com:p", GOOGLE_CLOUD_LOCATION="global")
    assert "/projects/example.com:p/locations/global/" in url


def test_a_gateways_address_stays_as_it_is():
    assert sent_to("https://gate.example/v1/x") == "https://gate.example/v1/x"
    own = sent_to("https://gate.example/{location}/x", GOOGLE_CLOUD_LOCATION="eu")
    assert own == "https://gate.example/eu/x"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"GOOGLE_CLOUD_PROJECT": "p"}, "GOOGLE_CLOUD_LOCATION: set it"),
        ({"GOOGLE_CLOUD_LOCATION": "global"}, "GOOGLE_CLOUD_PROJECT or GCLOUD_PROJECT: set it"),
        ({"GOOGLE_CLOUD_LOCATION": "evil.example/"}, "characters"),
        ({"GOOGLE_CLOUD_LOCATION": "eu", "GCLOUD_PROJECT": "a/../b"}, "GCLOUD_PROJECT"),
    ],
)
def test_what_is_missing_or_cannot_be(variables, says):
    with pytest.raises(NoModelError, match=says):
        sent_to(**variables)
