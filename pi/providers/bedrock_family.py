"""What a Bedrock model can do, as its id and its name tell.

    family_of({"id": "us.anthropic.claude-opus-5-5", "name": "Claude Opus 5.5 (US)", ...})
        -> Family(is_claude=True, thinks_adaptively=True, takes_cache_points=True, ...)

Bedrock puts models of many makers behind one API, and what it refuses depends on the model. The
catalogue knows none of that, and an inference profile of the user's own has an id that says nothing
(`arn:aws:bedrock:...:application-inference-profile/abc`): then its name in `models.json` counts.

Two switches of `compat` have the last word where the name misleads: `supportsCachePoints` and
`supportsStreamingToolUse`. Sources: Bedrock's user guide ("Prompt caching", "Supported models and
model features" of Converse); the requests the reference sends; errors users of Bedrock report.
"""

from __future__ import annotations

import re

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Model

_FIFTH = ("opus-5", "sonnet-5", "haiku-5", "fable-5")
_BINDING = ("opus-4-7", "opus-4-8", *_FIFTH)
_ADAPTIVE = ("opus-4-6", "sonnet-4-6", *_BINDING)
_CACHED = re.compile("-4(-|$)|claude-3-7-sonnet|claude-3-5-haiku|" + "|".join(_FIFTH))

_WHOLE_ONLY = ("llama3", "llama4", "llama-3", "llama-4", "palmyra", "pixtral", "mistral-large")
"""Models that use tools only where the answer is asked for in one piece."""

_UNMIXED = ("llama", "pixtral", "mistral-large")
"""Models that take calls and their results only in messages of their own."""


class Family(Value):
    """What a model can do.

    `binds_thinking`: it may be told to drop earlier thinking that fits no more. `effort_field`:
    how it is asked to think, "" for a Claude and for a model that is not asked. `mixes_turns`:
    words may stand beside calls and results. `is_gov`: it is asked in a GovCloud region, where
    Claude has fewer features.
    """

    is_claude: bool
    is_gov: bool
    thinks_adaptively: bool
    binds_thinking: bool
    effort_field: str
    takes_cache_points: bool
    streams_tools: bool
    mixes_turns: bool


def family_of(model: Model) -> Family:
    """The family of a model."""
    names = _names(model)
    is_claude = (
        "anthropic.claude" in names or "anthropic/claude" in names or _is_named_claude(model)
    )
    return Family(
        is_claude=is_claude,
        is_gov=_is_gov(model),
        thinks_adaptively=is_claude and _has(names, _ADAPTIVE),
        binds_thinking=is_claude and _has(names, _BINDING),
        effort_field="" if is_claude else _effort_field(names),
        takes_cache_points=_switch(
            model, "supportsCachePoints", "claude" in names and bool(_CACHED.search(names))
        ),
        streams_tools=_switch(model, "supportsStreamingToolUse", not _has(names, _WHOLE_ONLY)),
        mixes_turns=not _has(names, _UNMIXED),
    )


def _names(model: Model) -> str:
    """Id and name, a line each: as they are, and with a dash for everything between two words."""
    said = [value.lower() for key in ("id", "name") if isinstance(value := model.get(key), str)]
    return "\n".join([*said, *(re.sub(r"[\s_.:]+", "-", value) for value in said)])


def _has(names: str, parts: tuple[str, ...]) -> bool:
    return any(part in names for part in parts)


def _is_named_claude(model: Model) -> bool:
    name = model.get("name")
    return isinstance(name, str) and "claude" in name.lower()


def _is_gov(model: Model) -> bool:
    address, name = str(model.get("baseUrl")).lower(), model["id"].lower()
    return "us-gov-" in address or name.startswith(("us-gov.", "arn:aws-us-gov:"))


def _effort_field(names: str) -> str:
    if "gpt-oss" in names:
        return "reasoning_effort"
    return "reasoning" if "gpt-" in names else ""


def _switch(model: Model, name: str, usual: bool) -> bool:
    own = (model.get("compat") or {}).get(name)
    return own if isinstance(own, bool) else usual
