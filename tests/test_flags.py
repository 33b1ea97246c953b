from __future__ import annotations

import pytest

from pi.errors import UsageError
from pi.flags import FLAGS, help_text, parse


@pytest.mark.parametrize(
    ("argv", "values", "messages", "files"),
    [
        ([], {}, [], []),
        (["hello", "world"], {}, ["hello", "world"], []),
        (["-p", "hi"], {"print": True}, ["hi"], []),
        (["-p", "@a.txt"], {"print": True}, [], ["a.txt"]),
        (["-p", "-c"], {"print": True, "continue": True}, [], []),
        (["-p", "---\ntitle: x\n---"], {"print": True}, ["---\ntitle: x\n---"], []),
        (["-p", "--", "- a list"], {"print": True}, ["- a list"], []),
        (["--", "--model", "@x", "-p"], {}, ["--model", "-p"], ["x"]),
        (["--model", "-weird"], {"model": "-weird"}, [], []),
        (["--model=a=b"], {"model": "a=b"}, [], []),
        (["--list-models"], {"list-models": True}, [], []),
        (["--list-models", "two"], {"list-models": "two"}, [], []),
        (["--list-models", "-p"], {"list-models": True, "print": True}, [], []),
        (["-xt", "bash", "-nt", "-nbt", "-nc"],
         {"exclude-tools": "bash", "no-tools": True, "no-builtin-tools": True,
          "no-context-files": True}, [], []),
        (["--append-system-prompt", "a", "--append-system-prompt", "b"],
         {"append-system-prompt": ["a", "b"]}, [], []),
        (["--model", "a", "--model", "b"], {"model": "b"}, [], []),
        (["-ne", "--no-mcp", "--no-themes", "--verbose", "hi"],
         {"no-extensions": True, "no-mcp": True, "no-themes": True, "verbose": True}, ["hi"], []),
        (["@"], {}, ["@"], []),
        ([""], {}, [""], []),
    ],
)  # fmt: skip
def test_parse(argv, values, messages, files):
    found = parse(argv)
    assert (found.values, found.messages, found.files) == (values, messages, files)
    assert found.unknown == {}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["-Z"], "Unknown option: -Z"),
        (["-pfoo"], "Unknown option: -pfoo"),
        (["-"], "Unknown option: -"),
        (["--model"], "Option --model requires a value (PATTERN)"),
        (["-n"], "Option -n requires a value (NAME)"),
        (["--print=x"], "Option --print takes no value"),
    ],
)
def test_bad_command_lines(argv, said):
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert str(caught.value) == said
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("argv", "unknown", "messages"),
    [
        (["--plan"], {"plan": True}, []),
        (["--plan", "x", "y"], {"plan": "x"}, ["y"]),
        (["--plan", "@f"], {"plan": True}, []),
        (["--plan", "-p"], {"plan": True}, []),
        (["--plan=a b"], {"plan": "a b"}, []),
    ],
)
def test_unknown_long_options_are_kept_for_extensions(argv, unknown, messages):
    found = parse(argv)
    assert (found.unknown, found.messages) == (unknown, messages)


def test_the_help_names_every_flag_once():
    page = help_text((("PI_OFFLINE", "no network"),))
    for flag in FLAGS:
        assert page.count(f"--{flag.name} ") + page.count(f"--{flag.name}\n") == 1
        assert flag.help in page
    assert "PI_OFFLINE" in page
    assert max(len(line) for line in page.splitlines()) <= 108


def test_names_are_unique():
    names = [f"--{flag.name}" for flag in FLAGS] + [
        f"-{flag.short}" for flag in FLAGS if flag.short
    ]
    assert len(names) == len(set(names))
    assert all(flag.kind in ("switch", "value", "list", "optional") for flag in FLAGS)
