"""A plain Python function as a tool: its declaration comes from its signature and its docstring.

    def weather(city: str, days: int = 1) -> str:
        \"\"\"Tell the weather of the next days.

        Args:
            city: Name of the city, in English.
        \"\"\"

    tool_of(weather)    Tool("weather", "Tell the weather of the next days.",
                             {"type": "object", "properties": {"city": {"type": "string", ...}, ...

The description is the docstring up to its parameters, which are read from an "Args:" section or
from ":param name:" lines; `Annotated[int, "..."]` says it too, and counts more. Types that can be
declared: str, int, float, bool, None, Any, list, dict, Sequence, Literal, unions, and TypedDict
classes; no annotation means any value. A parameter annotated with `Call`
(`pi.tools.base`) gets the call itself, with its token and its progress report, and is not declared.

What the function returns goes to the model: text as it is, other JSON values as JSON, None as
"(no output)", an `Outcome` as it is. What it raises goes to the model as an error.

Known limits: no coroutine functions; a type that refers to itself is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pi.errors import UsageError
from pi.messages import text
from pi.text.jsontext import dumps
from pi.tools.base import Call, Outcome, Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Schema = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Raises|Yields|Examples?):\s*$")
_PARAM = re.compile(r"^:param\s+(?:\S+\s+)?(\w+):\s*(.*)$")
_ARGUMENT = re.compile(r"^\s+\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s+(.*)$")

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    list: {"type": "array"},
    dict: {"type": "object"},
    type(None): {"type": "null"},
}


def tool_of(
    function: Callable[..., Any], *, name: str | None = None, description: str | None = None
) -> Tool:
    """The tool that calls `function`; a `Tool` is returned as it is.

    Raises UsageError, naming the parameter, where the signature cannot be declared.
    """
    if isinstance(function, Tool):
        return function
    return _Reading(function, name).tool(description)


class _Reading:
    """What is found out about one function."""

    def __init__(self, function: Callable[..., Any], name: str | None) -> None:
        import inspect  # noqa: PLC0415 - 10 ms, for programs that bring functions
        import typing  # noqa: PLC0415 - the same

        self._inspect, self._typing = inspect, typing
        self._function = function
        self.name = name or getattr(function, "__name__", type(function).__name__)
        self._check()
        self._about, self._told = _sections(inspect.getdoc(function) or "")
        self._hints = self._annotations()
        self._call_name = ""
        self._whole: list[str] = []  # parameters for which 3.0 must become 3

    def tool(self, description: str | None) -> Tool:
        parameters = self._parameters()
        about = description or self._about or self.name.replace("_", " ")
        first_line = about.partition("\n")[0]
        function, call_name, whole = self._function, self._call_name, self._whole

        def run(arguments: dict[str, Any], call: Call) -> Outcome:
            given = {**arguments, **({call_name: call} if call_name else {})}
            for key in whole:
                if isinstance(given.get(key), float):
                    given[key] = int(given[key])
            return outcome_of(function(**given))

        return Tool(self.name, about, parameters, run, snippet=first_line)

    def _check(self) -> None:
        if not callable(self._function):
            raise UsageError(f"a tool must be a function or a Tool, not {self._function!r}")
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f'"{self.name}" cannot be the name of a tool: letters, digits, _ and - only; '
                "give it one with name="
            )
        if self._inspect.iscoroutinefunction(self._function):
            raise UsageError(f"{self.name} is a coroutine function; a tool must be a plain one")

    def _annotations(self) -> dict[str, Any]:
        held = self._function
        if not (self._inspect.isroutine(held) or self._inspect.isclass(held)):
            held = getattr(held, "func", None) or type(held).__call__  # a partial, or an object
        try:
            return self._typing.get_type_hints(held, include_extras=True)
        except (NameError, TypeError, AttributeError) as error:
            raise UsageError(f"{self.name}: an annotation cannot be read: {error}") from None

    def _parameters(self) -> Schema:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        is_open = False
        for parameter in self._inspect.signature(self._function).parameters.values():
            hint = self._hints.get(parameter.name, self._typing.Any)
            if hint is Call:
                self._call_name = parameter.name
            elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                raise UsageError(
                    f"{self.name}: {parameter} cannot be passed by name, as arguments of tools are"
                )
            elif parameter.kind is parameter.VAR_KEYWORD:
                is_open = True
            else:
                properties[parameter.name] = self._property(parameter, hint)
                if parameter.default is parameter.empty:
                    required.append(parameter.name)
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        return schema if is_open else {**schema, "additionalProperties": False}

    def _property(self, parameter: Any, hint: Any) -> Schema:
        schema = self._schema(hint, parameter.name)
        if schema.get("type") == "integer":
            self._whole.append(parameter.name)
        told = self._told.get(parameter.name)
        if told and "description" not in schema:
            schema["description"] = told
        if isinstance(parameter.default, (str, int, float)):
            schema["default"] = parameter.default
        return schema

    def _schema(self, hint: Any, where: str, outer: tuple[Any, ...] = ()) -> Schema:
        """The JSON schema of a type. Raises UsageError for one that JSON does not have."""
        if hint is self._typing.Any:
            return {}
        if isinstance(hint, type) and hint in _PLAIN:
            return dict(_PLAIN[hint])
        if any(hint is other for other in outer):
            raise UsageError(f"{self.name}: {where}: a type that refers to itself")
        if self._typing.is_typeddict(hint):
            return self._record(hint, where, (*outer, hint))
        return self._composed(hint, where, outer)

    def _composed(self, hint: Any, where: str, outer: tuple[Any, ...]) -> Schema:
        typing = self._typing
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            words = [extra for extra in parts[1:] if isinstance(extra, str)]
            schema = self._schema(parts[0], where, outer)
            return {**schema, "description": words[0]} if words else schema
        if origin is typing.Literal:
            return {"enum": list(parts)}
        if origin is typing.Union or type(hint).__name__ == "UnionType":
            return {"anyOf": [self._schema(part, where, outer) for part in parts]}
        if origin is dict and parts[0] is str:
            return {"type": "object", "additionalProperties": self._schema(parts[1], where, outer)}
        if origin in (list, Sequence):
            return {"type": "array", "items": self._schema(parts[0], where, outer)}
        shown = getattr(hint, "__name__", hint)
        raise UsageError(f"{self.name}: {where}: {shown} is no type that JSON has")

    def _record(self, hint: Any, where: str, outer: tuple[Any, ...]) -> Schema:
        hints = self._typing.get_type_hints(hint)  # without Required and NotRequired
        return {
            "type": "object",
            "properties": {
                key: self._schema(part, f"{where}.{key}", outer) for key, part in hints.items()
            },
            "required": sorted(hint.__required_keys__),
            "additionalProperties": False,
        }


def _sections(doc: str) -> tuple[str, dict[str, str]]:
    """A docstring's description, and what it says of each parameter."""
    about: list[str] = []
    told: dict[str, str] = {}
    section, current = "", ""
    for line in doc.splitlines():
        heading, param = _SECTION.match(line), _PARAM.match(line)
        argument = _ARGUMENT.match(line) if section.startswith(("Arg", "Par")) else None
        if heading or line.startswith(":"):
            section, current = (heading[1] if heading else ":"), ""
        if param or argument:
            current, words = (param or argument).groups()
            told[current] = words.strip()
        elif current and line.startswith(" ") and line.strip():
            told[current] += " " + line.strip()
        elif not section:
            about.append(line)
    return "\n".join(about).strip(), told


def outcome_of(value: Any) -> Outcome:
    """What a function returned, as the result of a call; see the module's head."""
    if isinstance(value, Outcome):
        return value
    if isinstance(value, str):
        return Outcome([text(value)])
    if value is None:
        return Outcome([text("(no output)")])
    try:
        words = dumps(value)
    except TypeError:  # no JSON
        return Outcome([text(str(value))])
    return Outcome([text(words)], structured=value if isinstance(value, dict) else None)
