"""Markdown with front matter."""

from __future__ import annotations

import pytest

from pi.resources.frontmatter import read
from pi.text.yamlsubset import YamlError


@pytest.mark.parametrize(
    ("text", "front", "body"),
    [
        ("---\na: 1\n---\n\n body \n\n", {"a": 1}, "body"),
        ("\ufeff---\r\na: 1\r\n---\r\nx\r\ny\r\n", {"a": 1}, "x\ny"),
        ("--- \na: 1\n---\t\nx", {"a": 1}, "x"),
        ("---\n---\nx", {}, "x"),
        ("---\n# nothing\n---\nx", {}, "x"),
        (" plain text \n", {}, " plain text \n"),
        ("---\na: 1\nnever closed", {}, "---\na: 1\nnever closed"),
        ("text\n---\na: 1\n---\n", {}, "text\n---\na: 1\n---\n"),
        ("----\na: 1\n----\nx", {}, "----\na: 1\n----\nx"),
        ("---\na: 1\n---\nx\n---\ny", {"a": 1}, "x\n---\ny"),
        ("", {}, ""),
    ],
)
def test_front_matter_and_body(text, front, body):
    assert read(text) == (front, body)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\na: 1\nb: [\n---\nx", "line 3: the list is not closed"),
        ("---\n- a\n---\nx", "line 2: front matter must be lines of `key: value`"),
        ("---\nwords\n---\nx", "line 2: front matter must be lines of `key: value`"),
    ],
)
def test_the_line_is_that_of_the_file(text, problem):
    with pytest.raises(YamlError) as caught:
        read(text)
    assert str(caught.value) == problem
