"""Classes and escapes of the regular expression dialect, as Python expressions for one character.

    [a-f&&[^c]]      (?=[a-f])(?:[^c\\n])
    \\p{Lu}           [A-Z\\xc0-\\xd6...]
    \\x{41}           A

Each expression stands for exactly one character, never a line feed.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.text.patternreader import PatternReader

_SPACE = r"\t\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_MEMBERS = {  # what stands in brackets: for Unicode, for ASCII
    "d": (r"\d", "0-9"),
    "w": (r"\w", "0-9A-Za-z_"),
    "s": (_SPACE, r"\t\v\f\r "),
}
_NAMED = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x09\x0b-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x09\x0b-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NAMED_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_HEX = re.compile(r"\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]+)")
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_PROPERTY = re.compile(r"\{([^{}]*)\}|([A-Za-z])")
_OPERATORS = ("&&", "--", "~~")
_EXTRA_CASES = {"k": "\u212a", "s": "\u017f", "å": "\u212b"}
_EVERY = r"[^\n]"
_NOTHING = "(?!)"
_MAX_DEPTH = 50


def cases_of(value: str) -> list[str]:
    """The forms of a character that differ in case only, itself among them."""
    forms = {value, value.lower(), value.upper(), value.lower().upper()}
    forms.update(_EXTRA_CASES.get(value.lower(), ""))
    return sorted(form for form in forms if len(form) == 1)


def escaped_character(reader: PatternReader) -> str:
    """The character that an escape stands for; the reader is behind the backslash."""
    begin = reader.at - 1
    letter = reader.take()
    if not letter:
        raise reader.error("nothing follows the last \\; to mean the character, write \\\\", begin)
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter in _HEX_DIGITS:
        return _hex_character(reader, _HEX_DIGITS[letter], begin)
    if letter.isdecimal() and letter.isascii():
        raise reader.error("backreferences are not supported", begin)
    if not letter.isascii() or letter.isalpha() or letter in "<>":
        raise reader.error(f"unknown escape \\{letter}", begin)
    return letter


def escaped_class(reader: PatternReader) -> str:
    """The expression for a class escape such as `\\d`, "" if it is none; moves on if it is one."""
    letter = reader.peek()
    if letter in ("p", "P"):
        return _property(reader)
    if letter.lower() not in _MEMBERS or not letter:
        return ""
    reader.at += 1
    members = _MEMBERS[letter.lower()]["a" in reader.flags]
    return f"[^{members}\\n]" if letter.isupper() else f"[{members}]"


def parse_class(reader: PatternReader) -> str:
    """The expression for a bracketed class; the reader is behind the opening bracket."""
    expression = _class_body(reader, reader.at - 1, 0)
    return f"(?i:{expression})" if "i" in reader.flags else expression


def _class_body(reader: PatternReader, begin: int, depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise reader.error(f"classes are nested more than {_MAX_DEPTH} deep", begin)
    negated = reader.peek() == "^"
    reader.at += negated
    members, others = _union(reader, begin, depth, first=True)
    if negated and not others and reader.peek() == "]":
        reader.at += 1
        return f"[^{members}\\n]"
    if not members and not others and reader.peek() == "]":
        raise reader.error("the class has a line feed only, which no line has", begin)
    expression = _joined(members, others)
    while reader.peek(2) in _OPERATORS:
        operator = reader.peek(2)
        reader.at += 2
        other = _joined(*_union(reader, begin, depth, first=False))
        if operator == "&&":
            expression = f"(?:(?={expression}){other})"
        elif operator == "--":
            expression = f"(?:(?!{other}){expression})"
        else:
            expression = f"(?:(?!{other}){expression}|(?!{expression}){other})"
    reader.at += 1  # the closing bracket
    return f"(?:(?!{expression}){_EVERY})" if negated else expression


def _union(reader: PatternReader, begin: int, depth: int, *, first: bool) -> tuple[str, list[str]]:
    """What stands side by side, up to an operator or the closing bracket.

    Returns what can stand in brackets, and expressions that cannot.
    """
    members = ""
    others: list[str] = []
    start = reader.at if first else -1
    while True:
        here = reader.peek(2)
        if not here:
            raise reader.error("the [ is not closed; to mean the character, write \\[", begin)
        if (here[0] == "]" or here == "--") and reader.at == start:
            members += re.escape(reader.take())
        elif here[0] == "]" or here in _OPERATORS:
            return members, others
        elif "x" in reader.flags and here[0].isspace():
            reader.at += 1
        else:
            more, other = _member(reader, depth)
            members += more
            others += [other] if other else []


def _joined(members: str, others: list[str]) -> str:
    parts = ([f"[{members}]"] if members else []) + others
    if not parts:
        return _NOTHING
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _member(reader: PatternReader, depth: int) -> tuple[str, str]:
    """One member: text that can stand in brackets, or an expression of its own."""
    named = _NAMED_CLASS.match(reader.pattern, reader.at)
    if named and named[2] in _NAMED:
        reader.at = named.end()
        members = _NAMED[named[2]]
        return ("", f"[^{members}\\n]") if named[1] else (members, "")
    if reader.peek() == "[":
        reader.at += 1
        return "", _class_body(reader, reader.at - 1, depth + 1)
    begin = reader.at
    if reader.peek() == "\\":
        reader.at += 1
        expression = escaped_class(reader)
        if expression:
            return "", expression
    low = escaped_character(reader) if reader.at > begin else reader.take()
    if reader.peek() != "-" or reader.peek(2) in ("-]", "--", "-"):
        return _span(low, low), ""
    reader.at += 1
    escaped = reader.peek() == "\\"
    reader.at += escaped
    high = escaped_character(reader) if escaped else reader.peek()
    reader.at += not escaped
    if low > high:
        raise reader.error("a range must go from the smaller to the larger character", begin)
    return _span(low, high), ""


def _span(low: str, high: str) -> str:
    """A range as it stands in brackets, without the line feed."""
    if low <= "\n" <= high:
        before = _span(low, "\t") if low < "\n" else ""
        return before + (_span("\v", high) if high > "\n" else "")
    return re.escape(low) if low == high else f"{re.escape(low)}-{re.escape(high)}"


def _hex_character(reader: PatternReader, digits: int, begin: int) -> str:
    match = _HEX.match(reader.pattern, reader.at)
    if match is None or (match[2] and len(match[2]) < digits):
        raise reader.error("the escape needs hexadecimal digits", begin)
    text = match[1] or match[2][:digits]
    reader.at = match.end() if match[1] else reader.at + digits
    if int(text, 16) > 0x10FFFF:
        raise reader.error("there is no such character", begin)
    return chr(int(text, 16))


def _property(reader: PatternReader) -> str:
    begin = reader.at - 1
    negated = reader.take() == "P"
    match = _PROPERTY.match(reader.pattern, reader.at)
    if match is None:
        raise reader.error("\\p needs a property, as in \\p{Lu}", begin)
    reader.at = match.end()
    name = match[1] or match[2] or ""
    from pi.text import unicodeclass  # noqa: PLC0415 - tables of 1 MB, for rare patterns

    members = unicodeclass.members(name)
    if not members:
        raise reader.error(f"unknown Unicode property {name!r}", begin)
    expression = f"[^{members}\\n]" if negated else f"[{members}]"
    return f"(?i:{expression})" if "i" in reader.flags else expression
