"""The host of GitHub Copilot for a login."""

from __future__ import annotations

import pytest

from pi.auth.apply import locator
from pi.auth.copilot import located
from tests import modelkit

USUAL = "https://api.individual.githubcopilot.com"
MODEL = {"provider": "github-copilot", "id": "m", "api": "openai-responses", "baseUrl": USUAL}
BUSINESS = "tid=1;exp=9;proxy-ep=proxy.business.githubcopilot.com;st=x"


@pytest.mark.parametrize(
    ("login", "url"),
    [
        ({"access": BUSINESS}, "https://api.business.githubcopilot.com"),
        ({"access": "proxy-ep=proxy.a.example"}, "https://api.a.example"),
        (
            {"access": BUSINESS, "enterpriseUrl": "ghe.example"},
            "https://api.business.githubcopilot.com",
        ),
        ({"access": "tid=1", "enterpriseUrl": "ghe.example"}, "https://copilot-api.ghe.example"),
        (
            {"access": "t", "enterpriseUrl": "https://ghe.example/"},
            "https://copilot-api.ghe.example",
        ),
        ({"access": "t", "enterpriseUrl": "ghe.example/x?y"}, USUAL),
        ({"access": "t", "enterpriseUrl": None}, USUAL),
        ({"access": "notproxy-ep=proxy.a"}, USUAL),
        ({}, USUAL),
    ],
)
def test_the_host(login, url):
    assert located(MODEL, login) == {**MODEL, "baseUrl": url}


def test_an_address_of_the_users_own_stays():
    mine = {**MODEL, "baseUrl": "http://127.0.0.1:8000"}
    assert located(mine, {"access": BUSINESS}) is mine


def test_only_a_login_in_use_says_where(tmp_path):
    login = {"type": "oauth", "access": BUSINESS, "refresh": "r", "expires": 10**15}
    kit = modelkit.Kit(tmp_path, stored={"github-copilot": login})
    locate = locator(kit.keys)
    assert locate(MODEL)["baseUrl"] == "https://api.business.githubcopilot.com"
    kit.keys.give("github-copilot", "key")
    assert locate(MODEL) is MODEL
