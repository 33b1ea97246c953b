"""Where Azure models are, and under which name."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.providers import azure_openai_responses
from pi.providers.azure import is_azure, located
from pi.request import Context, Options

MODEL = {"provider": "azure", "id": "gpt-x", "api": "azure-openai-responses", "baseUrl": ""}
V1 = "/openai/v1?api-version=v1"


def base(url, **variables):
    return located({**MODEL, "baseUrl": url}, variables.get)["baseUrl"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://r.openai.azure.com", f"https://r.openai.azure.com{V1}"),
        ("https://r.openai.azure.com/", f"https://r.openai.azure.com{V1}"),
        ("https://r.openai.azure.com/openai/", f"https://r.openai.azure.com{V1}"),
        ("https://r.openai.azure.com/openai/v1/", f"https://r.openai.azure.com{V1}"),
        ("https://r.cognitiveservices.azure.com", f"https://r.cognitiveservices.azure.com{V1}"),
        ("https://r.services.ai.azure.com", f"https://r.services.ai.azure.com{V1}"),
        ("https://R.OpenAI.Azure.com:8443/", f"https://R.OpenAI.Azure.com:8443{V1}"),
        ("https://r.openai.azure.com/#top", f"https://r.openai.azure.com{V1}"),
        ("https://r.openai.azure.com/v1", "https://r.openai.azure.com/v1?api-version=v1"),
        ("https://proxy.example", "https://proxy.example?api-version=v1"),
        ("https://p.example/a?x=2", "https://p.example/a?x=2&api-version=v1"),
        ("http://localhost:8080/x/", "http://localhost:8080/x?api-version=v1"),
        ("https://azure.com.evil.example", "https://azure.com.evil.example?api-version=v1"),
    ],
)
def test_addresses(url, expected):
    assert base(url) == expected
    assert base(expected) == expected, "locating twice changes nothing"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"AZURE_OPENAI_BASE_URL": " https://e.ai.azure.com/ "}, f"https://e.ai.azure.com{V1}"),
        ({"AZURE_OPENAI_RESOURCE_NAME": "acme"}, f"https://acme.openai.azure.com{V1}"),
        (
            {"AZURE_OPENAI_RESOURCE_NAME": "a", "AZURE_OPENAI_BASE_URL": "https://p.example"},
            "https://p.example?api-version=v1",
        ),
        ({"AZURE_OPENAI_BASE_URL": ""}, "https://own.example?api-version=v1"),
        ({"AZURE_OPENAI_API_VERSION": "preview"}, "https://own.example?api-version=preview"),
        ({"AZURE_OPENAI_API_VERSION": "a&b=c"}, "https://own.example?api-version=a%26b%3Dc"),
    ],
)
def test_variables(variables, expected):
    assert base("https://own.example", **variables) == expected


@pytest.mark.parametrize(
    ("mapping", "deployment"),
    [
        ("gpt-x=ours", "ours"),
        (" gpt-x = ours ,b=c", "ours"),
        ("gpt-x=one,gpt-x=two", "two"),
        ("b=c", None),
        ("gpt-x=", None),
        ("gpt-x", None),
        (",,=x,", None),
        ("GPT-X=d", None),
    ],
)
def test_deployments(mapping, deployment):
    variables = {"AZURE_OPENAI_DEPLOYMENT_NAME_MAP": mapping}
    found = located({**MODEL, "baseUrl": "https://p.example"}, variables.get)
    assert found.get("deployment") == deployment
    assert found["id"] == "gpt-x"


@pytest.mark.parametrize(
    ("url", "variables", "says"),
    [
        ("", {}, "AZURE_OPENAI_RESOURCE_NAME"),
        ("r.openai.azure.com", {}, "https://"),
        ("", {"AZURE_OPENAI_BASE_URL": "ftp://x"}, "AZURE_OPENAI_BASE_URL"),
        ("", {"AZURE_OPENAI_RESOURCE_NAME": "a/b"}, 'named "a/b"'),
    ],
)
def test_what_cannot_be_an_address(url, variables, says):
    with pytest.raises(ProviderError, match=says) as caught:
        base(url, **variables)
    assert caught.value.kind == "bad_request"


def test_only_azure_is_moved():
    other = {**MODEL, "provider": "openai", "api": "openai-responses", "baseUrl": "https://x/v1"}
    variables = {"AZURE_OPENAI_BASE_URL": "https://e.example"}
    assert located(other, variables.get) is other
    assert is_azure({**other, "api": "azure-openai-responses"})
    chat = located({**MODEL, "api": "openai-completions"}, variables.get)
    assert chat["baseUrl"] == "https://e.example", "only OpenAI's own models have a version"


def test_a_request_names_the_deployment():
    model = {**MODEL, "baseUrl": "https://p.example?api-version=v1", "deployment": "ours"}
    request = azure_openai_responses.encode(model, Context("", [], []), Options())
    assert request.url == "https://p.example/responses?api-version=v1"
    assert request.auth == "api-key"
    assert b'"model":"ours"' in request.body
