"""Where a Bedrock model is asked: the AWS region, and the address that goes with it.

    located(model, lookup)      the model at "https://bedrock-runtime.eu-west-3.amazonaws.com"
    region_of(model, lookup)    "eu-west-3": what its requests are signed for

The region is that of the model's ARN, else AWS_REGION, AWS_DEFAULT_REGION, the one of the profile
AWS_PROFILE names, the one in the model's own address, us-east-1. AWS's own address is moved to that
region; an address of the user's is kept. Source: the reference's providers page, and its requests.
"""

from __future__ import annotations

import re

from pi.auth import aws_profile
from pi.errors import NoModelError
from pi.text.latepattern import LatePattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.request import Model

    Lookup = Callable[[str], "str | None"]

API = "bedrock-converse-stream"
USUAL = "us-east-1"

_STANDARD = LatePattern(
    r"(https?://bedrock-runtime(?:-fips)?)\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?=[:/?]|$)", re.I
)
"""AWS's own address of Bedrock."""

_ANY = LatePattern(r"[./]bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com", re.I)
"""A region in an address, AWS's own or one within a customer's network."""

_ARN = LatePattern(r"arn:aws[a-z-]*:bedrock:([a-z0-9-]+):")
_REGION = LatePattern(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_bedrock(model: Model) -> bool:
    """Whether a model is asked over Bedrock's own wire format."""
    return model.get("api") == API


def located(model: Model, lookup: Lookup) -> Model:
    """The model with the address it is asked at; a model of another wire format as it is.

    Raises NoModelError for a region that is none.
    """
    if not is_bedrock(model):
        return model
    base = str(model.get("baseUrl") or "").strip()
    if base and not _STANDARD.match(base):
        return model
    region = region_of(model, lookup)
    suffix = ".cn" if region.startswith("cn-") else ""
    moved = f".{region}.amazonaws.com{suffix}"
    if not base:
        return {**model, "baseUrl": f"https://bedrock-runtime{moved}"}
    return {**model, "baseUrl": _STANDARD.sub(lambda found: found[1] + moved, base, count=1)}


def region_of(model: Model, lookup: Lookup) -> str:
    """The region a model is asked in. Raises NoModelError for one that is none."""
    arn = _ARN.match(str(model.get("id")))
    if arn:
        return arn[1]
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        value = lookup(name)
        if value:
            return checked(value.strip(), name)
    name = lookup("AWS_PROFILE")
    profile = aws_profile.load(lookup).profile(name) if name else None
    if profile and profile.get("region"):
        return checked(profile["region"], f"the region of AWS profile {name}")
    found = _ANY.search(str(model.get("baseUrl") or ""))
    return found[1].lower() if found else USUAL


def checked(region: str, what: str) -> str:
    """A region, for it becomes part of addresses. Raises NoModelError for what is none."""
    if not _REGION.fullmatch(region):
        raise NoModelError(f"{what} is not the name of an AWS region: {region[:60]!r}")
    return region
