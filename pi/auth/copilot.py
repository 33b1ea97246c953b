"""Where GitHub Copilot is for a login: each plan and each company has a host of its own.

    located(model, {"access": "tid=1;proxy-ep=proxy.business.githubcopilot.com;...", ...})
    # the model with baseUrl "https://api.business.githubcopilot.com"

The token of a login names the host of its plan; otherwise a company's own domain is stored with it
(`enterpriseUrl`). An address of the user's own stays. Source: the requests the reference sends.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.request import Model

PROVIDER = "github-copilot"
_USUAL = "https://api.individual.githubcopilot.com"
_NAMED = re.compile(r"(?:^|;)\s*proxy-ep=proxy\.([A-Za-z0-9.-]+)")
_DOMAIN = re.compile(r"(?:https?://)?([A-Za-z0-9.-]+)/?")


def located(model: Model, login: Mapping[str, Any]) -> Model:
    """The model at the host a login is for."""
    if model.get("provider") != PROVIDER or str(model.get("baseUrl")).rstrip("/") != _USUAL:
        return model
    host = _host(str(login.get("access")), str(login.get("enterpriseUrl") or ""))
    return {**model, "baseUrl": f"https://{host}"} if host else model


def _host(access: str, domain: str) -> str:
    named = _NAMED.search(access)
    if named:
        return f"api.{named[1]}"
    own = _DOMAIN.fullmatch(domain.strip())
    return f"copilot-api.{own[1]}" if own else ""
