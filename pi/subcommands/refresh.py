"""`pi update --models`: a newer list of models.

refresh(configured, None)               from PI_MODELS_URL, else models.dev
refresh(configured, "models.json")      from a file or another address
"""

from __future__ import annotations

import json
import os
import sys

from pi import runtime
from pi.cancel import CancelToken
from pi.errors import PiError, ProviderError
from pi.files import read_bounded, reason
from pi.models import overlay, public
from pi.models.catalog import Catalog
from pi.request import Request
from pi.transport import Limits, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.assembly.configuration import Configuration
    from pi.request import Model

ADDRESS = "https://models.dev/api.json"
ADDRESS_VARIABLE = "PI_MODELS_URL"

_LIMITS = Limits(connect_s=15.0, first_byte_s=30.0, idle_s=30.0)


def refresh(configured: Configuration, given: str | None) -> None:
    """Fetch the list of models and print what is new. Raises PiError; then nothing has changed."""
    source = given or configured.environ.get(ADDRESS_VARIABLE) or ADDRESS
    facts = _parsed(_fetched(source, configured), source)
    shipped = Catalog()
    models = {
        provider: public.updated(shipped.models(provider), facts[provider])
        for provider in shipped.providers()
        if facts.get(provider) and shipped.ships(provider)
    }
    if not models:
        raise PiError(f"{source} has no provider that pi knows: nothing was changed")
    overlay.save(configured.agent_dir, models)
    sys.stdout.write(_summary(models, shipped))
    sys.stdout.flush()


def _fetched(source: str, configured: Configuration) -> bytes:
    """The bytes of an address or a file. Raises PiError."""
    if not source.startswith(("http://", "https://")):
        path = os.path.join(configured.cwd, source)
        try:
            return read_bounded(path, overlay.MAX_BYTES)
        except OSError as error:
            raise PiError(reason(error, f"read {path}")) from None
    if configured.environ.get("PI_OFFLINE") in ("1", "true", "yes"):
        raise PiError("PI_OFFLINE is set: give a file with --from")
    transport = Transport(
        environ=configured.environ,
        proxy=configured.settings.get("httpProxy"),
        user_agent=runtime.user_agent(),
    )
    try:
        request = Request(source, {"Accept": "application/json"}, b"", method="GET")
        with transport.open(request, CancelToken(), _LIMITS) as response:
            if response.status != 200:
                raise PiError(f"{source} answered {response.status}: nothing was changed")
            return response.read(overlay.MAX_BYTES)
    except ProviderError as error:
        raise PiError(f"the list of models could not be fetched: {error}") from None
    finally:
        transport.close()


def _parsed(data: bytes, source: str) -> dict[str, dict[str, Any]]:
    try:
        return public.parse(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise PiError(f"{source} is no list of models ({error}): nothing was changed") from None


def _summary(models: dict[str, list[Model]], shipped: Catalog) -> str:
    count = sum(map(len, models.values()))
    new = count - sum(len(shipped.models(provider)) for provider in models)
    return f"Updated {count} models of {len(models)} providers, {new} of them new.\n"
