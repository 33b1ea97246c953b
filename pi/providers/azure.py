"""Azure: where a model is deployed, and under which name.

    located(model, {"AZURE_OPENAI_RESOURCE_NAME": "acme"}.get)
    # the model with baseUrl "https://acme.openai.azure.com/openai/v1?api-version=v1"

Each customer has addresses and deployment names of their own, so they come from variables:

    AZURE_OPENAI_BASE_URL              an address; before the model's own and before the next one
    AZURE_OPENAI_RESOURCE_NAME         "acme"; before the model's own address
    AZURE_OPENAI_DEPLOYMENT_NAME_MAP   "gpt-5.4=ours,other=theirs": model id -> deployment
    AZURE_OPENAI_API_VERSION           for OpenAI models; "v1" without it

The wire formats stay pure: they are handed the located model. Without variables a model is located
too, from its own base URL, and locating it twice changes nothing. Sources: the reference's
providers page, "Azure OpenAI"; Microsoft's "Azure OpenAI v1 API".
"""

from __future__ import annotations

import re

from pi.errors import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.request import Model

    Lookup = Callable[[str], "str | None"]

RESPONSES = "azure-openai-responses"
"""The wire format that exists at Azure only."""

_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".ai.azure.com")
"""Host names of Azure resources, by their end. Below their root lies more than the OpenAI API."""

_API_PATH = "/openai/v1"
_ROOTS = ("", "/openai")
"""Paths of an address that means the resource as a whole."""

_DEFAULT_VERSION = "v1"
_RESOURCE = re.compile(r"[A-Za-z0-9-]+")
_UNRESERVED = re.compile(r"[^A-Za-z0-9._~-]")


def is_azure(model: Model) -> bool:
    """Whether a model is served by Azure, over whatever wire format."""
    return model.get("provider") == "azure" or model.get("api") == RESPONSES


def located(model: Model, lookup: Lookup) -> Model:
    """The model with its address, API version and deployment; any other model as it is.

    `lookup` gives a variable, None when it is not set. Raises ProviderError("bad_request") when
    there is no address.
    """
    if not is_azure(model):
        return model
    base, _, query = _address(model, lookup).partition("#")[0].partition("?")
    base = _normalised(base.rstrip("/"))
    if model.get("api") == RESPONSES:
        query = _versioned(query, lookup("AZURE_OPENAI_API_VERSION"))
    result = {**model, "baseUrl": f"{base}?{query}" if query else base}
    deployment = _deployments(lookup("AZURE_OPENAI_DEPLOYMENT_NAME_MAP")).get(model["id"])
    if deployment:
        result["deployment"] = deployment
    return result


def _address(model: Model, lookup: Lookup) -> str:
    given = (lookup("AZURE_OPENAI_BASE_URL") or "").strip()
    resource = (lookup("AZURE_OPENAI_RESOURCE_NAME") or "").strip()
    own = str(model.get("baseUrl") or "").strip()
    if not given and resource:
        if not _RESOURCE.fullmatch(resource):
            raise _unusable(f'AZURE_OPENAI_RESOURCE_NAME: no resource can be named "{resource}"')
        given = f"https://{resource}{_HOSTS[0]}"
    address = given or own
    if not address:
        raise _unusable(
            "Azure needs the address of your resource: set AZURE_OPENAI_BASE_URL or "
            "AZURE_OPENAI_RESOURCE_NAME"
        )
    if not address.lower().startswith(("http://", "https://")):
        where = "AZURE_OPENAI_BASE_URL" if given else "the model's baseUrl"
        raise _unusable(f'{where} "{address}" is not a web address: it must begin with https://')
    return address


def _normalised(base: str) -> str:
    """The address of the OpenAI API, where that of an Azure resource was given."""
    scheme, _, rest = base.partition("://")
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2].partition(":")[0].lower()
    if host.endswith(_HOSTS) and f"{slash}{path}" in _ROOTS:
        return f"{scheme}://{authority}{_API_PATH}"
    return base


def _versioned(query: str, version: str | None) -> str:
    """The query with an API version: the given one, else its own, else the usual one."""
    pairs = [pair for pair in query.split("&") if pair]
    own = [pair for pair in pairs if pair.partition("=")[0] == "api-version"]
    if own and not version:
        return query
    others = [pair for pair in pairs if pair not in own]
    return "&".join([*others, f"api-version={_quoted((version or _DEFAULT_VERSION).strip())}"])


def _quoted(text: str) -> str:
    return _UNRESERVED.sub(lambda found: "".join(f"%{b:02X}" for b in found[0].encode()), text)


def _deployments(text: str | None) -> dict[str, str]:
    """Model id -> deployment name. Parts that are no pair are passed over."""
    pairs = (part.partition("=") for part in (text or "").split(","))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _unusable(line: str) -> ProviderError:
    return ProviderError(line, "bad_request")
