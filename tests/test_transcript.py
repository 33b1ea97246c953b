from __future__ import annotations

from pi.messages import system_message, user_message
from pi.transcript import Prompt, difference, render, replay

READ = {"name": "read", "description": "r", "parameters": {}}
BASH = {"name": "bash", "description": "b", "parameters": {}}


def test_replay_folds_patches_in_order():
    prompt = replay(
        [
            system_message({"preamble": "P", "cwd": "C"}, 1, [READ, BASH]),
            user_message("hi", 2),
            system_message({"preamble": "Q", "cwd": None}, 3, None, [{"name": "read"}]),
        ]
    )
    assert prompt == Prompt("", {"preamble": "Q"}, [BASH])


def test_plain_system_content_comes_first():
    prompt = replay([{"role": "system", "content": "old style"}, system_message({"cwd": "C"}, 1)])
    assert render(prompt) == "old style\n\nC"


def test_sections_have_a_fixed_order_and_unknown_ones_come_last():
    sections = {"mine": "M", "cwd": "C", "rules": "R", "preamble": "P"}
    assert render(Prompt("", sections, [])) == "P\n\nR\n\nC\n\nM"


def test_broken_declarations_are_ignored():
    prompt = replay(
        [
            {"role": "system", "content": None, "sections": ["x"], "toolsAdded": [1, {"name": 2}]},
            {"role": "system", "content": "", "sections": {"a": 5}, "toolsRemoved": ["read"]},
        ]
    )
    assert prompt == Prompt("", {}, [])


def test_difference_is_what_replay_undoes():
    old = Prompt("", {"preamble": "P", "cwd": "C"}, [READ])
    new = Prompt("", {"preamble": "P2", "rules": "R"}, [BASH, {**READ, "description": "new"}])
    sections, added, removed = difference(old, new)
    assert sections == {"preamble": "P2", "rules": "R", "cwd": None}
    assert removed == []
    first = system_message(old.sections, 1, old.tools)
    result = replay([first, system_message(sections, 2, added, removed)])
    assert result.sections == new.sections
    assert {tool["name"]: tool for tool in result.tools} == {
        tool["name"]: tool for tool in new.tools
    }


def test_difference_of_equals_is_empty():
    prompt = Prompt("", {"preamble": "P"}, [READ])
    assert difference(prompt, prompt) == ({}, [], [])
