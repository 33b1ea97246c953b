"""Which account a token of a ChatGPT sign-in is for.

The token is a JSON Web Token; its claims (the middle part, RFC 7519) name the account:

    {"https://api.openai.com/auth": {"chatgpt_account_id": "..."}, ...}

Requests must name that account in a header of their own. The token's signature is for the service
to check. Source: the requests the reference sends.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

from pi.errors import NoModelError

HEADER = "chatgpt-account-id"
_CLAIM = "https://api.openai.com/auth"


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


def _claims(part: str) -> dict:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
