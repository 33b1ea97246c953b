"""ChatGPT sign-ins: which account a token is for, and what OpenAI takes from one.

The token is a JSON Web Token; its claims (the middle part, RFC 7519) name the account:

    {"https://api.openai.com/auth": {"chatgpt_account_id": "..."}, ...}

Requests must name that account in a header of their own. The token's signature is for the service
to check.

With the same token OpenAI's public API refuses some fields of a request; `modest` turns off what
would send them. Source: the requests the reference sends.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

from pi.errors import NoModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.request import Model

HEADER = "chatgpt-account-id"
_CLAIM = "https://api.openai.com/auth"
_PUBLIC_API = "https://api.openai.com/v1"
_REFUSED = (
    "supportsMaxOutputTokens",
    "supportsLongCacheRetention",
    "supportsExplicitPromptCacheMode",
    "supportsMidConvoEffort",
)


def account_of(token: str) -> str:
    """The account of a token. Raises NoModelError for a token that names none."""
    parts = token.split(".")
    claims = _claims(parts[1]) if len(parts) == 3 else {}
    mine = claims.get(_CLAIM)
    account = mine.get("chatgpt_account_id") if isinstance(mine, dict) else None
    if isinstance(account, str) and account and account.isascii() and account.isprintable():
        return account
    raise NoModelError(
        "the key is not the token of a ChatGPT sign-in: it names no account; log in again with "
        "`pi auth login openai-codex`"
    )


def modest(model: Model, _login: Mapping[str, Any]) -> Model:
    """A model without what OpenAI's public API refuses from a sign-in."""
    if model.get("baseUrl") != _PUBLIC_API:
        return model
    return {**model, "compat": {**(model.get("compat") or {}), **dict.fromkeys(_REFUSED, False)}}


def _claims(part: str) -> dict:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
