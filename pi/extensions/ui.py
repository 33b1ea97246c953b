"""The user, as extensions reach him: questions, notices, and what a screen can show.

`UI_METHODS` has a row for each method: what it is, and what it gives where a mode cannot do it.
`Ui` is the port. A mode implements what it can by deriving from it; all else degrades by the table,
silently. `NoUi` can do nothing: print and JSON mode. What an extension holds as `ctx.ui` is a
`Front` (`pi.extensions.front`), which checks what it is given.
"""

from __future__ import annotations

from math import isfinite

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def _nothing() -> None:
    """What undoes something that was not done."""


FORM_TYPES = ("text", "number", "select", "confirm", "editor")
"""What a field of a form may be; text if it does not say."""


class UiMethod(Value):
    """One method of `ctx.ui`.

    `call` is its signature for the documentation. `kind` is dialog (it waits for the user), tell
    (it needs no answer), screen (it needs a terminal) or value (it is no method). `default` is what
    it gives where it cannot be done. `rpc` says whether it works over RPC. `kinds` are those of its
    first arguments, as in `pi.extensions.row`; a question mark allows None.
    """

    name: str
    call: str
    kind: str
    rpc: bool
    default: Any
    kinds: tuple[str, ...]
    help: str


_ROWS = (
    UiMethod(
        "select",
        "select(title, options, timeout_ms=None, token=None)",
        "dialog",
        True,
        None,
        ("text", "texts"),
        "Let the user choose an option; None if he does not.",
    ),
    UiMethod(
        "confirm",
        "confirm(title, message, timeout_ms=None, token=None)",
        "dialog",
        True,
        False,
        ("text", "text?"),
        "Ask a question of yes and no; False if there is no answer.",
    ),
    UiMethod(
        "input",
        "input(title, placeholder=None, timeout_ms=None, token=None)",
        "dialog",
        True,
        None,
        ("text", "text?"),
        "Ask for a line of text; None if there is no answer.",
    ),
    UiMethod(
        "editor",
        "editor(title, prefill=None)",
        "dialog",
        True,
        None,
        ("text", "text?"),
        "Ask for text of any length; None if there is no answer.",
    ),
    UiMethod(
        "form",
        "form(title, fields)",
        "dialog",
        True,
        None,
        ("text", "dicts"),
        "Ask for several things: on a screen one page, elsewhere question after question. A field "
        "has name, label, type (text, number, select, confirm, editor), options, default. Gives a "
        "dict of answers by name; None if one is missing.",
    ),
    UiMethod(
        "custom",
        "custom(component, fallback=None)",
        "dialog",
        False,
        None,
        ("any",),
        "Show a component of your own with the keyboard. Where there is no screen, fallback(ui) "
        "answers in its place.",
    ),
    UiMethod(
        "notify",
        'notify(message, level="info")',
        "tell",
        True,
        None,
        ("text", "text"),
        "Show a line; level is info, warning or error. Print and JSON mode show nothing.",
    ),
    UiMethod(
        "set_status",
        "set_status(key, text)",
        "tell",
        True,
        None,
        ("text", "text?"),
        "Set an entry of the status line; None removes it.",
    ),
    UiMethod(
        "set_widget",
        "set_widget(key, lines, placement=None)",
        "tell",
        True,
        None,
        ("text", "any"),
        'Show lines at the editor; None removes them. placement is "aboveEditor" or "belowEditor". '
        "A component in place of lines needs a screen.",
    ),
    UiMethod(
        "set_title", "set_title(title)", "tell", True, None, ("text",), "Set the window's title."
    ),
    UiMethod(
        "set_editor_text",
        "set_editor_text(text)",
        "tell",
        True,
        None,
        ("text",),
        "Put text into the editor of prompts.",
    ),
    UiMethod(
        "paste_to_editor",
        "paste_to_editor(text)",
        "tell",
        True,
        None,
        ("text",),
        "Paste text into the editor of prompts; over RPC it replaces what is there.",
    ),
    UiMethod(
        "get_editor_text",
        "get_editor_text()",
        "screen",
        False,
        "",
        (),
        "What is in the editor of prompts.",
    ),
    UiMethod(
        "set_working_message",
        "set_working_message(message=None)",
        "screen",
        False,
        None,
        ("text?",),
        "Say what pi is doing while a run is in progress; None for the usual words.",
    ),
    UiMethod(
        "set_working_visible",
        "set_working_visible(visible)",
        "screen",
        False,
        None,
        ("truth",),
        "Show or hide the line that says so.",
    ),
    UiMethod(
        "set_working_indicator",
        "set_working_indicator(options=None)",
        "screen",
        False,
        None,
        ("dict?",),
        "Set what moves in that line: frames and intervalMs; None for the usual one.",
    ),
    UiMethod(
        "set_hidden_thinking_label",
        "set_hidden_thinking_label(label=None)",
        "screen",
        False,
        None,
        ("text?",),
        "Set what stands for thinking that is not shown.",
    ),
    UiMethod(
        "set_footer",
        "set_footer(component)",
        "screen",
        False,
        None,
        ("any",),
        "Put a component in place of the footer; None restores it.",
    ),
    UiMethod(
        "set_header",
        "set_header(component)",
        "screen",
        False,
        None,
        ("any",),
        "Put a component in place of the header; None restores it.",
    ),
    UiMethod(
        "set_editor_component",
        "set_editor_component(component)",
        "screen",
        False,
        None,
        ("any",),
        "Put a component in place of the editor; None restores it.",
    ),
    UiMethod(
        "get_editor_component",
        "get_editor_component()",
        "screen",
        False,
        None,
        (),
        "What stands in place of the editor.",
    ),
    UiMethod(
        "add_autocomplete_provider",
        "add_autocomplete_provider(provider)",
        "screen",
        False,
        None,
        ("any",),
        "Add completions to the editor of prompts.",
    ),
    UiMethod(
        "on_terminal_input",
        "on_terminal_input(handler)",
        "screen",
        False,
        _nothing,
        ("any",),
        "See every key before pi does; returns what ends it.",
    ),
    UiMethod(
        "theme",
        "theme",
        "value",
        True,
        None,
        (),
        "The theme in use, in every mode: theme.fg(role, text), theme.bg(role, text), "
        "theme.bold(text), ... give text with colours.",
    ),
    UiMethod(
        "get_all_themes",
        "get_all_themes()",
        "screen",
        False,
        [],
        (),
        "The themes, each with name and path.",
    ),
    UiMethod(
        "get_theme", "get_theme(name)", "screen", False, None, ("text",), "A theme by its name."
    ),
    UiMethod(
        "set_theme",
        "set_theme(theme)",
        "screen",
        False,
        {"success": False, "error": "there is no screen to change the theme of"},
        ("any",),
        'Select a theme; gives {"success": bool, "error"?: text}.',
    ),
    UiMethod(
        "get_tools_expanded",
        "get_tools_expanded()",
        "screen",
        False,
        False,
        (),
        "Whether results of tools are shown whole.",
    ),
    UiMethod(
        "set_tools_expanded",
        "set_tools_expanded(expanded)",
        "screen",
        False,
        None,
        ("truth",),
        "Show results of tools whole, or their beginning.",
    ),
)

UI_METHODS: dict[str, UiMethod] = {row.name: row for row in _ROWS}
"""All rows by name, in the order of the documentation."""


class Ui:
    """The port. Whatever a mode does not define gives the default of the table."""

    def __getattr__(self, name: str) -> Any:
        row = UI_METHODS.get(name)
        if row is None:
            raise AttributeError(f"there is no ui.{name}")
        return lambda *args, **options: _default(row)

    def custom(
        self, component: Any, fallback: Callable[[Any], Any] | None = None, **options: Any
    ) -> Any:
        """What the user makes of a component; here `fallback` answers."""
        return None if fallback is None else fallback(self)

    def form(self, title: str, fields: Sequence[dict[str, Any]], **options: Any) -> Any:
        """Ask for several things, one after another; see UI_METHODS."""
        answers: dict[str, Any] = {}
        for field in fields:
            value = self._asked(title, field, options)
            if value is None:
                return None
            answers[field["name"]] = value
        return answers

    def paste_to_editor(self, text: str) -> None:
        """Paste text into the editor of prompts; here it replaces what is there."""
        self.set_editor_text(text)

    def _asked(self, title: str, field: dict[str, Any], options: dict[str, Any]) -> Any:
        label = str(field.get("label") or field["name"])
        default = field.get("default")
        shown = None if default is None else str(default)
        match field.get("type", "text"):
            case "select":
                return self.select(f"{title}: {label}", list(field.get("options", ())), **options)
            case "confirm":
                return self.confirm(f"{title}: {label}", str(field.get("help", "")), **options)
            case "editor":
                return self.editor(f"{title}: {label}", shown)
            case "number":
                return _number(self.input(f"{title}: {label}", shown, **options))
        return self.input(f"{title}: {label}", shown, **options)


class NoUi(Ui):
    """Nobody is there."""

    def form(self, title: str, fields: Sequence[dict[str, Any]], **options: Any) -> None:
        """No answers."""


def _number(text: str | None) -> float | int | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _default(row: UiMethod) -> Any:
    value = row.default
    return value.copy() if isinstance(value, (dict, list)) else value
