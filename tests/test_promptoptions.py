"""What the prompt is made of, as a dict that handlers may change."""

from __future__ import annotations

import pytest

from pi.prompt import Parts, build_sections
from pi.promptoptions import options_of, parts_with, why_not
from pi.resources.context import ContextFile
from pi.resources.skill import Skill
from pi.tools.base import Tool

READ = Tool("read", "", {}, None, snippet="Read a file", guidelines=("Use read.",))
GREP = Tool("grep", "", {}, None, snippet="Search")
SKILL = Skill("pdf", "About PDF", "/s/pdf/SKILL.md")
FILE = ContextFile("/w/AGENTS.md", "Be kind.")
PARTS = Parts("/work", [READ], None, ["one", "two"], [FILE], "/docs", [SKILL])


def test_the_options_that_stand_for_parts():
    assert options_of(PARTS, {"grep": GREP}) == {
        "selectedTools": ["read"],
        "hiddenTools": [],
        "toolSnippets": {"grep": "Search", "read": "Read a file"},
        "toolGuidelines": {"read": ["Use read."]},
        "promptGuidelines": [],
        "appendSystemPrompt": "one\n\ntwo",
        "sections": {},
        "cwd": "/work",
        "contextFiles": [{"path": "/w/AGENTS.md", "content": "Be kind."}],
        "skills": [
            {
                "name": "pdf",
                "description": "About PDF",
                "filePath": "/s/pdf/SKILL.md",
                "baseDir": "/s/pdf",
                "disableModelInvocation": False,
            }
        ],
    }
    assert options_of(Parts("/w", [], custom="MINE"), {})["customPrompt"] == "MINE"


def test_options_that_nobody_changed_make_the_same_prompt():
    again = parts_with(PARTS, options_of(PARTS, {}), [READ])
    assert build_sections(again) == build_sections(PARTS)


@pytest.mark.parametrize(
    ("change", "section", "expected"),
    [
        ({"sections": {"x": "Hello"}}, "x", "<x>\nHello\n</x>"),
        ({"sections": {"cwd": "elsewhere"}}, "cwd", "<cwd>\nelsewhere\n</cwd>"),
        ({"sections": {"x": ""}}, "x", None),
        ({"promptGuidelines": ["Rule X."]}, "rules", "- Use read.\n- Rule X.\n- Answer"),
        ({"toolSnippets": {"read": "Look"}}, "tools", "- read: Look"),
        ({"toolGuidelines": {}}, "rules", "<rules>\n- Answer"),
        ({"customPrompt": "MINE"}, "preamble", "MINE"),
        ({"customPrompt": "MINE"}, "tools", None),
        ({"appendSystemPrompt": ""}, "addendum", None),
        ({"contextFiles": []}, "project_context", None),
        ({"contextFiles": [{"path": "p", "content": "C"}]}, "project_context", 'path="p">\nC\n'),
        ({"skills": []}, "skills", None),
        ({"cwd": "/other"}, "cwd", "/other"),
    ],
)
def test_what_a_change_does(change, section, expected):
    options = {**options_of(PARTS, {}), **change}
    assert why_not(options) == ""
    found = build_sections(parts_with(PARTS, options, [READ])).get(section)
    if expected is None:
        assert found is None
    else:
        assert expected in found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sections": {"a b": "x"}}, '"a b" cannot be the name'),
        ({"sections": {"a": 1}}, "sections of the prompt's options must be a dict of texts"),
        ({"selectedTools": "read"}, "a list of texts"),
        ({"toolGuidelines": {"read": "x"}}, "a dict of lists of texts"),
        ({"skills": [{"name": "x"}]}, "a list of dicts"),
        ({"customPrompt": 5}, "a text"),
    ],
)
def test_what_cannot_be_used(change, why):
    assert why in why_not({**options_of(PARTS, {}), **change})
