"""The settings of the screen: theme, layout, images, Markdown."""

from __future__ import annotations

from pi.settings.kind import (
    BOOLEAN,
    NUMBER,
    OFF,
    POSITIVE,
    STRING,
    Kind,
    either,
    one_of,
)
from pi.settings.row import Row, clamped

_AUTO = one_of("auto")
_PAD = Kind(
    "0 or 1",
    lambda value: value in (0, 1) and not isinstance(value, bool),
    schema={"enum": (0, 1)},
)

_SCREEN = (
    Row(
        "theme",
        STRING,
        "system",
        "Theme by name, or light/dark for two; system takes the terminal's own colours.",
    ),
    Row(
        "quietStartup",
        either(BOOLEAN, one_of("header")),
        False,
        "Show nothing at start, or only the header.",
    ),
    Row("tuiMode", one_of("regular", "fullscreen"), "fullscreen", "How the screen is used."),
    Row(
        "fullscreenExitOutput",
        one_of("transcript", "resume-hint"),
        "transcript",
        "What stays in the terminal after fullscreen mode.",
    ),
    Row(
        "fullscreenScrollbar",
        one_of("auto", "always", "hidden"),
        "auto",
        "Scrollbar in fullscreen.",
    ),
    Row("fullscreenCopyOnSelect", BOOLEAN, True, "Copy what is selected in fullscreen."),
    Row(
        "fullscreenWheelScrollLines",
        either(_AUTO, NUMBER),
        "auto",
        "Lines a wheel step scrolls in fullscreen, 1 to 100.",
        read=clamped(1, 100),
    ),
    Row("editorPaddingX", NUMBER, 0, "Cells beside the editor, 0 to 3.", read=clamped(0, 3)),
    Row("outputPad", _PAD, 1, "Cells beside the transcript, 0 or 1."),
    Row(
        "autocompleteMaxVisible",
        NUMBER,
        5,
        "Completions shown at a time, 3 to 20.",
        read=clamped(3, 20),
    ),
    Row("showHardwareCursor", BOOLEAN, False, "Show the terminal's cursor, not a drawn one."),
    Row("terminal.showImages", BOOLEAN, True, "Show images where the terminal can."),
    Row(
        "terminal.imageWidthCells",
        POSITIVE,
        60,
        "Width of an image in cells.",
        read=clamped(1, 10_000),
    ),
    Row("terminal.clearOnShrink", BOOLEAN, False, "Clear rows that are no longer used."),
    Row("terminal.showTerminalProgress", BOOLEAN, False, "Show progress in the terminal's tab."),
    Row("terminal.hyperlinks", either(BOOLEAN, _AUTO), "auto", "Whether links can be clicked."),
    Row(
        "terminal.images",
        either(one_of("kitty", "iterm2", "auto"), OFF),
        "auto",
        "How the terminal takes images.",
    ),
    Row("terminal.trueColor", either(BOOLEAN, _AUTO), "auto", "Whether it has 24-bit colours."),
    Row("images.autoResize", BOOLEAN, True, "Scale images down before they are sent."),
    Row("images.blockImages", BOOLEAN, False, "Never send images."),
    Row("markdown.codeBlockIndent", STRING, "  ", "What code blocks are indented with."),
    Row("markdown.mermaid", one_of("off", "final", "streaming"), "streaming", "Draw diagrams."),
)

SCREEN_ROWS = {"Terminal and display": _SCREEN}
