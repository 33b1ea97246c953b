"""What the system prompt is made of, as a dict that an extension may change for a run.

    options = options_of(parts, available)
    # {"customPrompt"?, "selectedTools": ["read"], "hiddenTools": [], "toolSnippets": {...},
    #  "toolGuidelines": {...}, "promptGuidelines": [], "appendSystemPrompt": "", "sections": {},
    #  "cwd": "/work", "contextFiles": [{"path", "content"}], "skills": [{"name", ...}]}
    problem = why_not(options)                                    "" where it can be used
    sections = build_sections(parts_with(parts, options, tools))

Keys are the reference's, so that handlers are alike in both; `hiddenTools` is always empty here.
"""

from __future__ import annotations

import re

from pi.resources.context import ContextFile
from pi.resources.skill import Skill
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pi.prompt import Parts
    from pi.tools.base import Tool

    Options = dict[str, Any]

_TAG = r"[A-Za-z_][A-Za-z0-9_.-]*"


def options_of(parts: Parts, available: Mapping[str, Tool]) -> Options:
    """The options that stand for `parts`; lines are given for all tools that are `available`."""
    options: Options = {} if parts.custom is None else {"customPrompt": parts.custom}
    known = {**available, **{tool.name: tool for tool in parts.tools}}
    return {
        **options,
        "selectedTools": [tool.name for tool in parts.tools],
        "hiddenTools": [],
        "toolSnippets": {name: tool.snippet for name, tool in known.items() if tool.snippet},
        "toolGuidelines": {
            name: list(tool.guidelines) for name, tool in known.items() if tool.guidelines
        },
        "promptGuidelines": list(parts.rules),
        "appendSystemPrompt": "\n\n".join(parts.appended),
        "sections": dict(parts.sections or {}),
        "cwd": parts.cwd,
        "contextFiles": [{"path": file.path, "content": file.text} for file in parts.context_files],
        "skills": [_skill(skill) for skill in parts.skills],
    }


def parts_with(parts: Parts, options: Options, tools: Sequence[Tool]) -> Parts:
    """The parts that options stand for, with these tools. `options` has passed `why_not`."""
    snippets = options.get("toolSnippets") or {}
    guidelines = options.get("toolGuidelines") or {}
    appended = options.get("appendSystemPrompt")
    return replace(
        parts,
        tools=[
            replace(
                tool,
                snippet=snippets.get(tool.name, ""),
                guidelines=tuple(guidelines.get(tool.name) or ()),
            )
            for tool in tools
        ],
        custom=options.get("customPrompt"),
        appended=[appended] if appended else [],
        context_files=[
            ContextFile(file["path"], file["content"]) for file in options.get("contextFiles") or ()
        ],
        cwd=options.get("cwd") or parts.cwd,
        skills=[
            Skill(s["name"], s["description"], s["filePath"], bool(s.get("disableModelInvocation")))
            for s in options.get("skills") or ()
        ],
        rules=list(options.get("promptGuidelines") or ()),
        sections={name: text for name, text in (options.get("sections") or {}).items() if text},
    )


def why_not(options: Options) -> str:
    """Why options cannot be used; "" if they can."""
    for key, (is_fit, wanted) in _KINDS.items():
        value = options.get(key)
        if value is not None and not is_fit(value):
            return f"{key} of the prompt's options must be {wanted}"
    for name in options.get("sections") or {}:
        if not re.fullmatch(_TAG, name):
            return f'"{name}" cannot be the name of a section of the prompt'
    return ""


def _skill(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "description": skill.description,
        "filePath": skill.path,
        "baseDir": skill.folder,
        "disableModelInvocation": skill.is_hidden,
    }


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _is_map(is_fit: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, dict)
        and all(isinstance(key, str) and is_fit(item) for key, item in value.items())
    )


def _has(*keys: str) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, list)
        and all(
            isinstance(item, dict) and all(isinstance(item.get(key), str) for key in keys)
            for item in value
        )
    )


_TEXT = (_is_text, "a text")
_TEXTS = (_is_texts, "a list of texts")
_KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "customPrompt": _TEXT,
    "forceSystemPrompt": _TEXT,
    "appendSystemPrompt": _TEXT,
    "cwd": _TEXT,
    "selectedTools": _TEXTS,
    "promptGuidelines": _TEXTS,
    "toolSnippets": (_is_map(_is_text), "a dict of texts"),
    "toolGuidelines": (_is_map(_is_texts), "a dict of lists of texts"),
    "sections": (_is_map(_is_text), "a dict of texts"),
    "contextFiles": (_has("path", "content"), "a list of dicts with path and content"),
    "skills": (_has("name", "description", "filePath"), "a list of dicts with name, ..."),
}
"""Key -> whether a value is of its kind, and that kind in words."""
