"""Tool calls written as text: the notations that models were trained on, read strictly.

    read_calls('<tool_call>\\n{"name": "read", "arguments": {"path": "a"}}\\n</tool_call>')
    [TextCall("read", {"path": "a"}, False)]

A server that does not know a model's notation passes it on as text. Each notation begins with an
opener; the whole text must be one or more calls in it, and nothing else. What is only nearly a call
is none. Notations and who writes them:

    <tool_call>{json}</tool_call>                            Qwen, Hermes, Granite
    <tool_call><function=f><parameter=p>v</parameter>...     Qwen Coder, Llama; also without the tag
    <tool_call>f<arg_key>p</arg_key><arg_value>v</arg_value> GLM
    <invoke name="f"><parameter name="p">v</parameter>...    MiniMax, DeepSeek 3.2, in several tags
    <|python_tag|>{json}                                     Llama 3
    [TOOL_CALLS][{json}]   [TOOL_CALLS]f[ARGS]{json}         Mistral
    <|tool▁call▁begin|>f<|tool▁sep|>{json}                   DeepSeek (its bars are U+FF5C)
    <|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{json}          Kimi
    <|channel|>commentary to=functions.f<|message|>{json}    gpt-oss
    <|tool_call|>[{json}]  <|START_ACTION|>[{json}]  <|action_start|><|plugin|>{json}
    {json}  [{json}]       an object with a name and arguments, and nothing else

JSON strings may hold raw line breaks, as small models write them; no other fault is overlooked.
Known limits: calls in Python notation are not read. Sources: the models' chat templates.
"""

from __future__ import annotations

import json

from pi.text.latepattern import LatePattern
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator
    from typing import Any


class TextCall(Value):
    """A call found in text. `worded`: its arguments are texts that the schema has to type."""

    name: str
    arguments: dict[str, Any]
    worded: bool


class _WrongError(ValueError):
    """The text is not of the notation."""


_NAME = LatePattern(r"[A-Za-z_][\w.-]{0,127}")
_SPACE = LatePattern(r"\s*")
_NOT_A_NUMBER = "a number that JSON does not have"


def _refuse_constant(name: str) -> Any:
    raise _WrongError(_NOT_A_NUMBER)


_DECODER = json.JSONDecoder(strict=False, parse_constant=_refuse_constant)


class _Cursor:
    """A place in the text. White space before whatever is taken is passed over."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def sees(self, *words: str) -> bool:
        """Whether one of these words is next."""
        self.skip()
        return self.text.startswith(words, self.at)

    def take(self, *words: str) -> str:
        """Pass over the word that is next; "" when none of these is."""
        self.skip()
        for word in words:
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return word
        return ""

    def need(self, *words: str) -> None:
        if not self.take(*words):
            raise _WrongError(f"expected {words[0]}")

    def expect(self, word: str) -> None:
        if not self.sees(word):
            raise _WrongError(f"expected {word}")

    def find(self, pattern: LatePattern) -> re.Match[str] | None:
        """Pass over what matches here, if it does."""
        self.skip()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def name(self) -> str:
        found = self.find(_NAME)
        if found is None:
            raise _WrongError("expected a name")
        return found[0]

    def until(self, word: str) -> str:
        """The text up to a word, which is passed over."""
        end = self.text.find(word, self.at)
        if end < 0:
            raise _WrongError(f"expected {word}")
        found = self.text[self.at : end]
        self.at = end + len(word)
        return found

    def json(self) -> Any:
        self.skip()
        try:
            value, self.at = _DECODER.raw_decode(self.text, self.at)
        except (ValueError, RecursionError) as error:
            raise _WrongError(str(error)) from None
        return value

    def object(self) -> dict[str, Any]:
        value = self.json()
        if not isinstance(value, dict):
            raise _WrongError("expected a JSON object")
        return value

    def is_done(self) -> bool:
        self.skip()
        return self.at == len(self.text)


def read_calls(text: str) -> list[TextCall]:
    """The calls a text consists of; [] when it is anything else."""
    cursor = _Cursor(text)
    for opener, notation in NOTATIONS.items():
        if cursor.sees(opener):
            try:
                calls = list(notation(cursor))
            except _WrongError:
                return []
            return calls if cursor.is_done() else []
    return []


# --- JSON ----------------------------------------------------------------------------------------

_NAMES = ("name", "tool_name")
_ARGUMENTS = ("arguments", "parameters")
_BESIDE = frozenset(("id", "type", "index", "tool_call_id"))


def _objects(value: Any) -> Iterator[TextCall]:
    """The calls of a JSON value: one object, or a list of them."""
    for each in value if isinstance(value, list) else [value]:
        yield _object(each)


def _object(value: Any) -> TextCall:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        if not value.keys() - {"function"} <= _BESIDE:
            raise _WrongError("more than a call")
        value = value["function"]
    if not isinstance(value, dict) or value.get("type", "function") != "function":
        raise _WrongError("no call")
    names = [value[key] for key in _NAMES if key in value]
    given = [value[key] for key in _ARGUMENTS if key in value]
    unknown = value.keys() - _BESIDE - {*_NAMES, *_ARGUMENTS}
    if unknown or len(names) != 1 or len(given) != 1 or not isinstance(names[0], str):
        raise _WrongError("no call")
    arguments = _Cursor(given[0]).json() if isinstance(given[0], str) else given[0]
    if not isinstance(arguments, dict):
        raise _WrongError("arguments are no object")
    return TextCall(names[0], arguments, False)


def _bare(cursor: _Cursor) -> Iterator[TextCall]:
    yield from _objects(cursor.json())


def _between(opener: str, *closers: str) -> Callable[[_Cursor], Iterator[TextCall]]:
    """Calls as JSON after an opener, several of them apart by semicolons or openers."""

    def notation(cursor: _Cursor) -> Iterator[TextCall]:
        cursor.need(opener)
        yield from _objects(cursor.json())
        cursor.take(*closers)
        while cursor.take(";", opener):
            yield from _objects(cursor.json())
            cursor.take(*closers)

    return notation


# --- tags ----------------------------------------------------------------------------------------


def _tagged(cursor: _Cursor) -> Iterator[TextCall]:
    while cursor.take("<tool_call>"):
        if cursor.sees("{", "["):
            yield from _objects(cursor.json())
        elif cursor.sees("<function="):
            yield from _functions(cursor)
        else:
            yield TextCall(cursor.name(), dict(_pairs(cursor)), True)
            cursor.expect("</tool_call>")
        if not cursor.is_done():
            cursor.need("</tool_call>")


def _pairs(cursor: _Cursor) -> Iterator[tuple[str, str]]:
    while cursor.take("<arg_key>"):
        key = cursor.until("</arg_key>").strip()
        cursor.need("<arg_value>")
        yield key, _trimmed(cursor.until("</arg_value>"))


def _functions(cursor: _Cursor) -> Iterator[TextCall]:
    while cursor.take("<function="):
        name = cursor.until(">").strip()
        if cursor.sees("{"):
            yield TextCall(name, cursor.object(), False)
        else:
            yield TextCall(name, dict(_parameters(cursor, _PLAIN_PARAMETER)), True)
        cursor.need("</function>")
        if cursor.take("</tool_call>") and cursor.take("<tool_call>"):
            cursor.expect("<function=")


def _invocations(cursor: _Cursor) -> Iterator[TextCall]:
    wrapper = cursor.take(*_WRAPPERS)
    if cursor.sees("[", "{"):
        yield from _objects(cursor.json())
    while found := cursor.find(_INVOKE):
        yield TextCall(found[2], dict(_parameters(cursor, _NAMED_PARAMETER)), True)
        cursor.need(f"</{found[1]}invoke>")
    if wrapper:
        cursor.need(f"</{wrapper[1:]}")


def _parameters(cursor: _Cursor, pattern: LatePattern) -> Iterator[tuple[str, str]]:
    seen = set()
    while found := cursor.find(pattern):
        mark, name = found[1], found[2].strip()
        if name in seen:
            raise _WrongError("a parameter twice")
        seen.add(name)
        yield name, _trimmed(cursor.until(f"</{mark}parameter>"))


def _trimmed(value: str) -> str:
    """A value without the one line break that stands on either side of it."""
    return value.removeprefix("\n").removesuffix("\n")


_BAR, _BLANK = "\uff5c", "\u2581"
"""What DeepSeek's tokens have for a bar and a space."""

_MARK = f"{_BAR}DSML{_BAR}"
_WRAPPERS = (
    "<function_calls>",
    "<tool_calls>",
    "<minimax:tool_call>",
    f"<{_MARK}function_calls>",
    f"<{_MARK}tool_calls>",
)
_INVOKE = LatePattern(rf'<((?:{_MARK})?)invoke name="([^"<>]+)"\s*>')
_NAMED_PARAMETER = LatePattern(rf'<((?:{_MARK})?)parameter name="([^"<>]+)"[^<>]*>')
_PLAIN_PARAMETER = LatePattern(r"<()parameter=([^<>]+)>")


# --- special tokens ------------------------------------------------------------------------------


def _mistral(cursor: _Cursor) -> Iterator[TextCall]:
    while cursor.take("[TOOL_CALLS]"):
        if cursor.sees("[", "{"):
            yield from _objects(cursor.json())
            continue
        name = cursor.name()
        if cursor.take("[CALL_ID]"):
            cursor.name()
        cursor.take("[ARGS]")
        yield TextCall(name, cursor.object(), False)
    cursor.take("</s>")


def _token(words: str) -> LatePattern:
    """A DeepSeek token; tokenisers write its bars and spaces in two ways."""
    return LatePattern(f"<[{_BAR}|]{words.replace(' ', f'[{_BLANK}_]')}[{_BAR}|]>")


_BEGIN, _END = _token("tool call begin"), _token("tool call end")
_BEGIN_ALL, _END_ALL = _token("tool calls begin"), _token("tool calls end")
_SEPARATOR, _END_OF_TEXT = _token("tool sep"), _token("end of sentence")


def _deepseek(cursor: _Cursor) -> Iterator[TextCall]:
    cursor.find(_BEGIN_ALL)
    while cursor.find(_BEGIN):
        name = cursor.name()
        if cursor.find(_SEPARATOR) is None:
            raise _WrongError("expected the separator")
        is_fenced = name == "function" and not cursor.sees("{")
        if is_fenced:
            name = cursor.name()
            cursor.need("```json")
        yield TextCall(name, cursor.object(), False)
        if is_fenced:
            cursor.need("```")
        if cursor.find(_END) is None:
            raise _WrongError("expected the end of the call")
    cursor.find(_END_ALL)
    cursor.find(_END_OF_TEXT)


_KIMI_ID = LatePattern(r"(?:functions\.)?([A-Za-z_][\w-]*)(?::\d+)?")


def _kimi(cursor: _Cursor) -> Iterator[TextCall]:
    cursor.take("<|tool_calls_section_begin|>")
    while cursor.take("<|tool_call_begin|>"):
        found = cursor.find(_KIMI_ID)
        if found is None:
            raise _WrongError("expected a call id")
        cursor.need("<|tool_call_argument_begin|>")
        yield TextCall(found[1], cursor.object(), False)
        cursor.need("<|tool_call_end|>")
    cursor.take("<|tool_calls_section_end|>")


_HARMONY = LatePattern(
    r"(?:<\|start\|>assistant)?(?: to=functions\.([\w-]+))?"
    r"<\|channel\|>commentary(?: to=functions\.([\w-]+))?\s*"
    r"(?:<\|constrain\|>)?(?:json)?\s*<\|message\|>"
)


def _harmony(cursor: _Cursor) -> Iterator[TextCall]:
    found = cursor.find(_HARMONY)
    name = found and (found[1] or found[2])
    if not name:
        raise _WrongError("expected a recipient")
    yield TextCall(name, cursor.object(), False)
    cursor.take("<|call|>")


BARE = ("{", "[")
"""Openers that only count when nothing was said before: anything may begin like that."""

NOTATIONS: dict[str, Callable[[_Cursor], Iterator[TextCall]]] = {
    "<tool_call>": _tagged,
    "<function=": _functions,
    **dict.fromkeys((*_WRAPPERS, '<invoke name="', f'<{_MARK}invoke name="'), _invocations),
    "<|python_tag|>": _between("<|python_tag|>", "<|eom_id|>", "<|eot_id|>"),
    "[TOOL_CALLS]": _mistral,
    f"<{_BAR}tool{_BLANK}call": _deepseek,
    f"<{_BAR}tool_call": _deepseek,
    f"<|tool{_BLANK}call": _deepseek,
    "<|tool_calls_section_begin|>": _kimi,
    "<|tool_call_begin|>": _kimi,
    "<|channel|>commentary": _harmony,
    "<|start|>assistant": _harmony,
    "<|tool_call|>": _between("<|tool_call|>", "<|/tool_call|>", "<|end|>"),
    "<|START_ACTION|>": _between("<|START_ACTION|>", "<|END_ACTION|>"),
    "<|action_start|><|plugin|>": _between("<|action_start|><|plugin|>", "<|action_end|>"),
    **dict.fromkeys(BARE, _bare),
}
"""Opener -> the function that reads the calls it opens."""
