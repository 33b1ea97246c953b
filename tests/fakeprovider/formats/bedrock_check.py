"""What the Converse API of Amazon Bedrock refuses.

Source: the API reference of ConverseStream; the messages Bedrock answers violations with; for the
signature, "Create a signed AWS API request" in the IAM user guide. A request that carries a
signature must carry a right one of the key `ACCESS_KEY`; one with a bearer token, or with neither,
is taken as it is. Not checked: whether thinking's signatures are genuine, what depends on a model.
"""

from __future__ import annotations

import re
import time
from base64 import b64decode
from calendar import timegm
from hashlib import sha256
from hmac import new as keyed
from itertools import pairwise
from urllib.parse import quote

from tests.fakeprovider.refusal import RefusedError, is_count, is_filled, object_body, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.request import Request

ACCESS_KEY = "AKIDFAKE0123456789AB"
SECRET_KEY = "fake/Secret+0123456789abcdefghijklmnopqrs"
_OLDEST_S = 300

_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FORMATS = ("png", "jpeg", "gif", "webp")
_BLOCKS = {
    "user": ("text", "image", "document", "toolResult", "cachePoint"),
    "assistant": ("text", "reasoningContent", "toolUse", "cachePoint"),
}
_FIELDS = (
    "messages",
    "system",
    "inferenceConfig",
    "toolConfig",
    "additionalModelRequestFields",
    "guardrailConfig",
    "requestMetadata",
)


def check(request: Request) -> None:
    """Raise RefusedError for a request the service would answer with 400 or 403."""
    _check_signature(request)
    body = object_body(request)
    for field in body:
        require(field in _FIELDS, f"extraneous key [{field}] is not permitted")
    messages = body.get("messages")
    require(isinstance(messages, list), "messages is required")
    require(messages, "A conversation must start with a user message.")
    for index, message in enumerate(messages):
        _check_message(message, f"messages.{index}")
    roles = [message["role"] for message in messages]
    require(roles[0] == "user", "A conversation must start with a user message.")
    require(roles[-1] == "user", "The conversation must end with a user message.")
    require(
        all(one != other for one, other in pairwise(roles)),
        "A conversation must alternate between user and assistant roles.",
    )
    _check_pairs(messages)
    _check_rest(body, messages)


def _check_message(message: Any, place: str) -> None:
    role = message.get("role") if isinstance(message, dict) else None
    require(role in _BLOCKS, f"Value at '{place}.role' must be user or assistant")
    content = message.get("content")
    require(isinstance(content, list) and content, f"The content field at {place} is empty.")
    for index, block in enumerate(content):
        _check_block(block, role, f"{place}.content.{index}")


def _check_block(block: Any, role: str, place: str) -> None:
    require(isinstance(block, dict) and len(block) == 1, f"{place} must set exactly one member")
    ((kind, value),) = block.items()
    require(kind in _BLOCKS[role], f"{place}: {kind} is not allowed in a message of {role}")
    _CHECKS.get(kind, _no_check)(value, place)


def _no_check(value: Any, place: str) -> None:
    """Documents and cache points are taken as they are."""


def _check_text(value: Any, place: str) -> None:
    filled = isinstance(value, str) and value.strip()
    require(filled, f"The text field in the ContentBlock object at {place} is blank.")


def _check_image(value: Any, place: str) -> None:
    require(isinstance(value, dict), f"{place}.image must be an object")
    require(value.get("format") in _FORMATS, f"{place}.image.format must be one of {_FORMATS}")
    data = value.get("source", {}).get("bytes")
    require(is_filled(data) and _is_base64(data), f"{place}.image.source.bytes is not base64")


def _is_base64(text: str) -> bool:
    try:
        return bool(b64decode(text, validate=True))
    except ValueError:
        return False


def _check_thought(value: Any, place: str) -> None:
    require(isinstance(value, dict) and len(value) == 1, f"{place}.reasoningContent is a union")
    if "redactedContent" in value:
        require(_is_base64(value["redactedContent"]), f"{place}.redactedContent is not base64")
        return
    words = value.get("reasoningText")
    has_text = isinstance(words, dict) and isinstance(words.get("text"), str)
    require(has_text, f"{place}.reasoningContent.reasoningText.text is required")


def _check_use(value: Any, place: str) -> None:
    _check_id(value.get("toolUseId"), place)
    name = value.get("name")
    require(isinstance(name, str) and _NAME.fullmatch(name), f"{place}.toolUse.name is invalid")
    require(
        isinstance(value.get("input"), dict),
        f"The format of the value at {place}.toolUse.input is invalid. Provide a json object.",
    )


def _check_id(value: Any, place: str) -> None:
    require(isinstance(value, str) and _ID.fullmatch(value), f"{place}.toolUseId is invalid")


def _check_result(value: Any, place: str) -> None:
    _check_id(value.get("toolUseId"), place)
    content = value.get("content")
    require(isinstance(content, list) and content, f"{place}.toolResult.content is empty")
    for index, part in enumerate(content):
        at = f"{place}.toolResult.content.{index}"
        require(isinstance(part, dict) and len(part) == 1, f"{at} must set exactly one member")
        ((kind, inner),) = part.items()
        require(kind in ("text", "image", "json", "document", "video"), f"{at}: unknown member")
        _CHECKS.get(kind, _no_check)(inner, at)
    status = value.get("status", "success")
    require(status in ("success", "error"), f"{place}.toolResult.status is invalid")


_CHECKS = {
    "text": _check_text,
    "image": _check_image,
    "reasoningContent": _check_thought,
    "toolUse": _check_use,
    "toolResult": _check_result,
}


def _ids(message: dict[str, Any], kind: str) -> list[str]:
    return [block[kind]["toolUseId"] for block in message["content"] if kind in block]


def _check_pairs(messages: list[Any]) -> None:
    """Every call answered in the next message, every result to a call in the one before."""
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "assistant":
            waiting = _ids(message, "toolUse")
            require(len(set(waiting)) == len(waiting), "toolUse ids must be unique")
            continue
        found = _ids(message, "toolResult")
        require(
            set(found) <= set(waiting),
            f"The number of toolResult blocks at messages.{index}.content exceeds the number of "
            "toolUse blocks of previous turn.",
        )
        missing = [call for call in waiting if call not in found]
        require(
            not missing,
            f"Expected toolResult blocks at messages.{index}.content for the following Ids: "
            f"{', '.join(missing)}",
        )
        waiting = []


def _check_rest(body: dict[str, Any], messages: list[Any]) -> None:
    for index, block in enumerate(body.get("system", ())):
        if "text" in block:
            _check_text(block["text"], f"system.{index}")
    limits = body.get("inferenceConfig", {})
    limit = limits.get("maxTokens")
    require(limit is None or is_count(limit), "inferenceConfig.maxTokens must be at least 1")
    used = any("toolUse" in block for message in messages for block in message["content"])
    tools = body.get("toolConfig", {}).get("tools")
    if tools is None:
        require(not used, "The toolConfig field must be defined when using toolUse blocks.")
    else:
        require(isinstance(tools, list) and tools, "toolConfig.tools must not be empty")
        for index, tool in enumerate(tools):
            _check_tool(tool, f"toolConfig.tools.{index}")
    thinking = body.get("additionalModelRequestFields", {}).get("thinking", {})
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens")
        require(is_count(budget, 1024), "thinking.enabled.budget_tokens: must be at least 1024")
        require(limit is None or budget < limit, "max_tokens must exceed thinking.budget_tokens")
    marks = str(body).count("'cachePoint'")
    require(marks <= 4, f"You invoked a model with {marks} cache checkpoints; 4 are allowed")


def _check_tool(tool: Any, place: str) -> None:
    if "cachePoint" in tool:
        return
    spec = tool.get("toolSpec", {})
    name = spec.get("name")
    require(isinstance(name, str) and _NAME.fullmatch(name), f"{place}.toolSpec.name is invalid")
    require(spec.get("description", "x"), f"{place}.toolSpec.description has a length below 1")
    schema = spec.get("inputSchema", {}).get("json")
    require(isinstance(schema, dict), f"{place}.toolSpec.inputSchema.json is required")
    require(schema.get("type") == "object", f"{place}: the schema's type must be object")


# --- the signature -------------------------------------------------------------------------------

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


def _forbidden(condition: object, code: str, message: str) -> None:
    if not condition:
        raise RefusedError(message, code=code, status=403)


def _check_signature(request: Request) -> None:
    given = request.headers.get("authorization", "")
    if not given.startswith("AWS4-"):
        return
    found = _AUTHORIZATION.fullmatch(given)
    _forbidden(found, "IncompleteSignatureException", "Authorization header is incomplete.")
    access, day, region, service, names, signature = found.groups()
    _forbidden(
        access == ACCESS_KEY,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    moment = request.headers.get("x-amz-date", "")
    _check_time(moment, day)
    _forbidden(
        service == "bedrock" and {"host", "x-amz-date"} <= set(names.split(";")),
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'bedrock'.",
    )
    expected = _signature(request, (day, region, service, "aws4_request"), moment, names)
    _forbidden(
        signature == expected,
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method.",
    )


def _check_time(moment: str, day: str) -> None:
    shape = re.fullmatch(r"\d{8}T\d{6}Z", moment)
    _forbidden(shape and moment[:8] == day, "InvalidSignatureException", "Date is invalid.")
    age_s = time.time() - timegm(time.strptime(moment, "%Y%m%dT%H%M%SZ"))
    _forbidden(
        abs(age_s) < _OLDEST_S,
        "InvalidSignatureException",
        f"Signature expired: {moment} is not within 5 min. of the service's time",
    )


def _signature(request: Request, scope: tuple[str, ...], moment: str, names: str) -> str:
    lines = [f"{name}:{request.headers.get(name, '').strip()}" for name in names.split(";")]
    canonical = "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            request.query,
            *lines,
            "",
            names,
            sha256(request.raw).hexdigest(),
        )
    )
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope:
        key = keyed(key, part.encode(), sha256).digest()
    digest = sha256(canonical.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", moment, "/".join(scope), digest))
    return keyed(key, text.encode(), sha256).hexdigest()
