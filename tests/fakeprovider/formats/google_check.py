"""What Google's generateContent refuses.

Source: the vendor's API reference and the messages it answers violations with. Not checked: whether
signatures are genuine.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64

from tests.fakeprovider.refusal import RefusedError, is_count, is_filled, object_body, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.fakeprovider.request import Request

MODEL = re.compile(r"/(?:models|tunedModels)/([^/]+):(?:stream)?[gG]enerateContent$")

_BODY = frozenset(
    ("contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings")
)
_CONFIG = frozenset(
    ("temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "thinkingConfig", "seed")
)
_DATA = ("text", "inlineData", "functionCall", "functionResponse")
_MARKS = ("thought", "thoughtSignature")
_FIELDS = {
    "inlineData": {"mimeType", "data"},
    "functionCall": {"name", "args", "id"},
    "functionResponse": {"name", "response", "id", "parts"},
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_LEVELS = ("MINIMAL", "LOW", "MEDIUM", "HIGH")


def check(request: Request) -> None:
    """Raise RefusedError for a request the vendor would refuse."""
    if not {"x-goog-api-key", "authorization"} & request.headers.keys():
        raise RefusedError("Method doesn't allow unregistered callers.", status=403)
    body = object_body(request)
    _known(body, _BODY, "")
    contents = body.get("contents")
    require(isinstance(contents, list) and contents, "* GenerateContentRequest.contents: required")
    for at, content in enumerate(contents):
        _check_content(content, f"contents[{at}]")
    _check_turns(contents)
    found = MODEL.search(request.path)
    model = found[1] if found else ""
    if re.match(r"gemini-([3-9]|\d\d)", model):
        _check_signatures(contents)
    if "systemInstruction" in body:
        _check_content({"role": "user", **body["systemInstruction"]}, "system_instruction")
    _check_tools(body.get("tools", []))
    _check_config(body.get("generationConfig", {}), model)


def _known(value: dict[str, Any], names: Any, place: str) -> None:
    for name in value:
        if name not in names:
            raise RefusedError(
                f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}'"
            )


def _check_content(content: Any, place: str) -> None:
    require(isinstance(content, dict), f"{place}: not an object")
    _known(content, ("role", "parts"), place)
    require(content.get("role") in ("user", "model"), "Please use a valid role: user, model.")
    parts = content.get("parts")
    require(isinstance(parts, list) and parts, f"* {place}.parts: contents.parts must not be empty")
    for at, part in enumerate(parts):
        _check_part(part, f"{place}.parts[{at}]")


def _check_part(part: Any, place: str) -> None:
    require(isinstance(part, dict), f"{place}: not an object")
    _known(part, (*_DATA, *_MARKS), place)
    held = [name for name in _DATA if name in part]
    require(len(held) == 1, f"{place}.data: required oneof field 'data' must have one value")
    signature = part.get("thoughtSignature")
    if signature is not None:
        require(
            isinstance(signature, str) and _decodes(signature), f"{place}: Base64 decoding failed"
        )
    if held[0] == "text":
        require(isinstance(part["text"], str), f"{place}.text: not a string")
        require(part["text"] or signature, f"{place}: Unable to submit an empty text parameter")
        return
    value = part[held[0]]
    require(isinstance(value, dict), f"{place}.{held[0]}: not an object")
    _known(value, _FIELDS[held[0]], f"{place}.{held[0]}")
    _KINDS[held[0]](value, place)


def _check_image(image: Any, place: str) -> None:
    require(is_filled(image.get("mimeType")), f"{place}: Unsupported MIME type")
    data = image.get("data")
    require(is_filled(data) and _decodes(data), f"{place}.inline_data: Base64 decoding failed")


def _check_call(call: Any, place: str) -> None:
    require(_is_name(call.get("name")), f"{place}.function_call.name: Name cannot be empty.")
    require(isinstance(call.get("args", {}), dict), f"{place}.function_call.args: not a Struct")


def _check_response(response: Any, place: str) -> None:
    require(
        _is_name(response.get("name")), f"{place}.function_response.name: Name cannot be empty."
    )
    require(
        isinstance(response.get("response"), dict), f"{place}.function_response.response: no Struct"
    )
    for part in response.get("parts", ()):
        is_image = isinstance(part, dict) and isinstance(part.get("inlineData"), dict)
        require(is_image, f"{place}.function_response.parts: not an image")
        _check_image(part["inlineData"], place)


_KINDS = {
    "inlineData": _check_image,
    "functionCall": _check_call,
    "functionResponse": _check_response,
}


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def _decodes(text: str) -> bool:
    try:
        a2b_base64(text.replace("-", "+").replace("_", "/").encode("ascii"))
    except (Base64Error, UnicodeEncodeError):
        return False
    return len(text) % 4 == 0


def _of(content: Any, kind: str) -> list[Any]:
    return [part[kind] for part in content["parts"] if kind in part]


def _check_turns(contents: list[Any]) -> None:
    """Calls answered by as many responses, in the next content, and nothing else answered."""
    calls: list[Any] = []
    for at, content in enumerate(contents):
        responses = _of(content, "functionResponse")
        require(
            len(responses) == len(calls),
            "Please ensure that the number of function response parts is equal to the number of "
            "function call parts of the function call turn.",
        )
        for call, response in zip(calls, responses, strict=True):
            same = call["name"] == response["name"] and call.get("id") == response.get("id")
            require(same, f"contents[{at}]: the function response answers another call")
        calls = _of(content, "functionCall")
        if calls:
            after_user = at > 0 and contents[at - 1]["role"] == "user"
            require(
                content["role"] == "model" and after_user,
                "Please ensure that function call turn comes immediately after a user turn or "
                "after a function response turn.",
            )
    require(not calls, "Please ensure that the function call turn is followed by its responses.")


def _check_signatures(contents: list[Any]) -> None:
    """The first call of every answer since the user last said something is signed."""
    for content in _current_turn(contents):
        first = next((part for part in content["parts"] if "functionCall" in part), None)
        if first is not None and not first.get("thoughtSignature"):
            name = first["functionCall"]["name"]
            raise RefusedError(
                "Function call is missing a thought_signature in functionCall parts. Additional "
                f"data, function call `default_api:{name}`."
            )


def _current_turn(contents: list[Any]) -> Iterator[Any]:
    asked = [
        at
        for at, content in enumerate(contents)
        if content["role"] == "user" and not _of(content, "functionResponse")
    ]
    return iter(contents[asked[-1] if asked else 0 :])


def _check_tools(tools: Any) -> None:
    require(isinstance(tools, list), "tools: not a list")
    names = set()
    for tool in tools:
        for function in tool.get("functionDeclarations", ()):
            name = function.get("name")
            require(
                _is_name(name), "Invalid function name. Must start with a letter or underscore."
            )
            require(name not in names, f"Duplicate function declaration found: {name}")
            names.add(name)
            both = "parameters" in function and "parametersJsonSchema" in function
            require(not both, "parameters and parameters_json_schema are exclusive")
            schema = function.get("parametersJsonSchema", {})
            require(isinstance(schema, dict), "parameters_json_schema: not an object")


def _check_config(config: Any, model: str) -> None:
    require(isinstance(config, dict), "generation_config: not an object")
    _known(config, _CONFIG, "generation_config")
    if "maxOutputTokens" in config:
        require(is_count(config["maxOutputTokens"]), "max_output_tokens must be positive")
    thinking = config.get("thinkingConfig", {})
    _known(thinking, ("includeThoughts", "thinkingBudget", "thinkingLevel"), "thinking_config")
    require(
        not {"thinkingBudget", "thinkingLevel"} <= thinking.keys(),
        "You can only set only one of thinking budget and thinking level.",
    )
    level, budget = thinking.get("thinkingLevel", "LOW"), thinking.get("thinkingBudget", 1)
    require(level in _LEVELS, f"Invalid value at 'thinking_level': {level!r}")
    require(is_count(budget, -1), f"Invalid value at 'thinking_budget': {budget!r}")
    if "2.5-pro" in model:
        require(budget != 0, "Budget 0 is invalid. This model only works in thinking mode.")
    if re.match(r"gemini-[12]\b", model):
        require("thinkingLevel" not in thinking, "Thinking level is not supported for this model.")
