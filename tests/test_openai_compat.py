from __future__ import annotations

import pytest

from pi.providers.openai_compat import DEFAULTS, SERVICES, switches_of, url_has


def switches(**model):
    return switches_of({"provider": "p", "id": "m", "baseUrl": "https://a.example/v1", **model})


def test_an_unknown_service_has_the_defaults():
    assert switches() == DEFAULTS
    assert switches(baseUrl=None) == DEFAULTS


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.urls[0] + service.models)
def test_every_service_is_known_by_provider_and_by_url(service):
    model_id = f"{service.models}m"
    for provider in service.providers:
        assert service.switches.items() <= switches(provider=provider, id=model_id).items()
    for url in service.urls:
        found = switches(baseUrl=f"https://{url.upper()}/v1", id=model_id)
        assert service.switches.items() <= found.items()
        assert switches(baseUrl=f"https://proxy.example/{url}/v1", id=model_id) == found


def test_services_name_only_switches_there_are():
    for service in SERVICES:
        assert service.switches.keys() <= DEFAULTS.keys()


def test_a_model_has_the_last_word_switch_by_switch():
    found = switches(provider="deepseek", compat={"supportsStore": True, "maxTokensField": None})
    assert found["supportsStore"] is True
    assert found["maxTokensField"] == "max_tokens"
    assert found["thinkingFormat"] == "deepseek"


@pytest.mark.parametrize(
    "compat",
    [
        None,
        [],
        {"supportsStore": "yes", "maxTokensField": 5, "vllmPriority": True},
        {"openRouterRouting": ["a"], "thinkingTokenBudgetField": False, "unknownSwitch": 1},
    ],
)
def test_what_is_no_switch_is_passed_over(compat):
    assert switches(compat=compat) == DEFAULTS


@pytest.mark.parametrize(
    ("compat", "field"),
    [
        ({}, None),
        ({"supportsThinkingTokenBudget": True}, "thinking_token_budget"),
        (
            {"supportsThinkingTokenBudget": True, "thinkingTokenBudgetField": "thinking_budget"},
            "thinking_budget",
        ),
    ],
)
def test_the_old_name_of_the_budget_switch(compat, field):
    assert switches(compat=compat)["thinkingTokenBudgetField"] == field


def test_url_has():
    assert url_has({"baseUrl": "https://API.OpenAI.com/v1"}, "api.openai.com")
    assert not url_has({"baseUrl": "https://a.example"}, "api.openai.com", "b.example")
    assert not url_has({}, "a")
