"""Skills, prompt templates, project trust: what is loaded from where, and what commands become."""

from __future__ import annotations

import json

from parity.scenario import Scenario, run

JSON = ("--mode", "json")
AGENT = "home/.pi/agent"


def _skill(name: str, about: str = "About it.", more: str = "") -> str:
    return f"---\nname: {name}\ndescription: {about}\n{more}---\n\n# {name}\n\nSteps.\n"


def _case(title: str, *words: str, **options: object) -> Scenario:
    return Scenario(f"resources: {title}", [run(*JSON, *words)], **options)


_SKILLS = {
    f"{AGENT}/skills/beta/SKILL.md": _skill("beta", 'Uses <b> & "c".'),
    f"{AGENT}/skills/alpha/SKILL.md": _skill("alpha"),
    f"{AGENT}/skills/group/deep/SKILL.md": _skill("deep"),
    f"{AGENT}/skills/group/deep/inner/SKILL.md": _skill("inner"),
    f"{AGENT}/skills/loose.md": _skill("loose"),
    f"{AGENT}/skills/notes.md": "Only notes.\n",
    f"{AGENT}/skills/.hidden/SKILL.md": _skill("hidden"),
    f"{AGENT}/skills/node_modules/x/SKILL.md": _skill("module"),
    "home/.agents/skills/shared/SKILL.md": _skill("shared"),
    "home/.agents/skills/top.md": _skill("top"),
    "home/.agents/skills/sub/low.md": _skill("low"),
}
_PROJECT = {
    "project/.git/HEAD": "ref: refs/heads/main\n",
    "project/.agents/skills/root/SKILL.md": _skill("root"),
    "project/sub/.agents/skills/here/SKILL.md": _skill("here"),
    ".agents/skills/outside/SKILL.md": _skill("outside"),
    "project/sub/.pi/skills/own/SKILL.md": _skill("own"),
    "project/sub/.pi/skills/alpha/SKILL.md": _skill("alpha", "The project's."),
    f"{AGENT}/skills/alpha/SKILL.md": _skill("alpha", "The user's."),
    "project/sub/.pi/SYSTEM.md": "System of the project.\n",
    "project/sub/.pi/APPEND_SYSTEM.md": "More of the project.\n",
    f"{AGENT}/APPEND_SYSTEM.md": "More of the user.\n",
    "project/sub/.pi/prompts/say.md": "Project says $1.\n",
    f"{AGENT}/prompts/say.md": "User says $1.\n",
}
_ODD = {
    "CRLF": "---\r\nname: x\r\ndescription: Has CRLF.\r\n---\r\n\r\nOne.\r\nTwo.\r\n",
    "a BOM": "\ufeff" + _skill("x"),
    "folded text": "---\nname: x\ndescription: >-\n  One\n  two.\n\n  Three.\n---\nBody\n",
    "literal text": "---\nname: x\ndescription: |\n  One\n  two.\n---\nBody\n",
    "quotes": '---\nname: \'x\'\ndescription: "It\'s: \\u00e9 \\"q\\""\n---\nBody\n',
    "lines that go on": "---\nname: x\ndescription: One\n  two\n  three\n---\nBody\n",
    "all fields": _skill(
        "x", more="license: MIT\nmetadata:\n  a: b\n  tags: [c, 'd']\nallowed-tools: Bash Read\n"
    ),
    "a colon too many": "---\nname: x\ndescription: Use when: asked\n---\nBody\n",
    "no description": "---\nname: x\n---\nBody\n",
    "a number as name": "---\nname: 12\ndescription: A number.\n---\nBody\n",
    "no name": "---\ndescription: No name.\n---\nBody\n",
    "a wrong name": _skill("Not_Good"),
    "no end of front matter": "---\nname: x\ndescription: y\nBody\n",
    "hidden": _skill("x", more="disable-model-invocation: true\n"),
    "not quite hidden": _skill("x", more="disable-model-invocation: yes\n"),
    "comments": "---\n# first\nname: x # the name\ndescription: A#b # more\n---\nBody\n",
    "a long description": _skill("x", "d" * 1100),
    "broken YAML": "---\nname: [x\ndescription: y\n---\nBody\n",
    "a list": "---\n- name\n---\nBody\n",
    "keys twice": "---\nname: x\nname: y\ndescription: z\n---\nBody\n",
}
_TEMPLATE = (
    "1=$1 2=$2 all=$@ A=$ARGUMENTS d=${3:-dd} e=${@:-none} s=${@:2} t=${@:1:2} z=${9:-} $0 $$1"
)
_WORDS = {
    "none": "",
    "plain": "one two three",
    "quotes": "\"one two\" 'three four' five",
    "quotes inside": 'don\'t say"it" x"y z"',
    "an open quote": 'one "two three',
    "escapes": r'"say \"hi\"" a\b \"c',
    "empty ones": "\"\" '' x",
    "places": "$2 $@ ${1:-x}",
    "lines": "one\ntwo\n\nthree",
}

SCENARIOS = (
    _case("skills of the user", "hi", files=_SKILLS),
    _case("skills without read", "--tools", "bash", "hi", files=_SKILLS),
    _case("skills without a reader", "--tools", "edit", "hi", files=_SKILLS),
    _case("no skills", "-ns", "/skill:alpha", files=_SKILLS),
    _case("a skill by flag", "-ns", "--skill", "mine", "/skill:m now", files={
        **_SKILLS, "project/mine/m/SKILL.md": _skill("m")}),
    _case("a skill used", "/skill:beta  with  words ", files=_SKILLS),
    _case("a skill nobody knows", "/skill:none x", files=_SKILLS),
    _case("ignore files", "hi", files={
        **_SKILLS, f"{AGENT}/skills/.gitignore": "alpha/\n*.md\n!SKILL.md\n"}),
    _case("settings leave out", "hi", files=_SKILLS, settings={
        "skills": ["!group/**", "-skills/loose.md", "!beta", "+skills/beta"]}),
    _case("settings name folders", "/deep x", settings={
        "skills": ["../../more", "!**/b"], "prompts": ["../../texts"]}, files={
        "home/more/a/SKILL.md": _skill("a"), "home/more/b/SKILL.md": _skill("b"),
        "home/texts/low/deep.md": "Deep $1.\n"}),
    *(
        Scenario(
            f"resources: project {title}", [run(*JSON, *words, cwd="project/sub")], files=files
        )
        for title, words, files in (
            ("undecided", ("/say hi",), _PROJECT),
            ("approved", ("-a", "/say hi"), _PROJECT),
            ("refused", ("-na", "/say hi"), _PROJECT),
            ("refused, then approved", ("-na", "-a", "/say hi"), _PROJECT),
        )
    ),
    *(
        Scenario(
            f"resources: defaultProjectTrust {word}",
            [run(*JSON, "/say hi", cwd="project/sub")],
            files=_PROJECT,
            settings={"defaultProjectTrust": word},
        )
        for word in ("ask", "always", "never")
    ),
    _case("settings of the project", "-a", "hi", files={
        "project/.pi/settings.json": json.dumps({
            "defaultTools": ["read"], "skills": ["../s"], "retry": {"maxRetries": 0}}),
        "project/s/x/SKILL.md": _skill("x")}),
    *(
        _case(f"a skill with {title}", "/skill:x go", files={f"{AGENT}/skills/x/SKILL.md": text})
        for title, text in _ODD.items()
    ),
    *(
        _case(f"a template with {title}", f"/t {words}", files={f"{AGENT}/prompts/t.md": _TEMPLATE})
        for title, words in _WORDS.items()
    ),
    _case("a template with front matter", "/t x", files={
        f"{AGENT}/prompts/t.md": "---\ndescription: d\n---\n\nDo $1.\n\n"}),
    _case("a broken template", "/t x", files={f"{AGENT}/prompts/t.md": "---\na: [\n---\nDo $1.\n"}),
    _case("a template by flag", "-np", "--prompt-template", "t", "/f x", "/u", files={
        f"{AGENT}/prompts/u.md": "Usual.", "project/t/f.md": "Named $1.",
        "project/t/low/l.md": "Low."}),
    _case("no templates", "-np", "/u", files={f"{AGENT}/prompts/u.md": "Usual."}),
)  # fmt: skip
