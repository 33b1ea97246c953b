"""Tool calls in the notations of local models."""

from __future__ import annotations

import pytest

from pi.providers.textcall import NOTATIONS, read_calls

BAR, BLANK = "\uff5c", "\u2581"


def deepseek(words):
    return f"<{BAR}{words.replace(' ', BLANK)}{BAR}>"


ARGUMENTS = '{"path": "a.txt"}'
JSON = f'{{"name": "read", "arguments": {ARGUMENTS}}}'
DEEPSEEK_CALL = (
    f"{deepseek('tool call begin')}read{deepseek('tool sep')}{ARGUMENTS}{deepseek('tool call end')}"
)
DSML = f"{BAR}DSML{BAR}"

CALLS = {
    "hermes": f"<tool_call>\n{JSON}\n</tool_call>",
    "hermes, end lost": f"<tool_call>\n{JSON}\n",
    "hermes, a list": f"<tool_call>[{JSON}]</tool_call>",
    "qwen coder": "<tool_call>\n<function=read>\n<parameter=path>\na.txt\n</parameter>\n"
    "</function>\n</tool_call>",
    "qwen coder, start lost": "<function=read>\n<parameter=path>\na.txt\n</parameter>\n"
    "</function>\n</tool_call>",
    "llama, function": f"<function=read>{ARGUMENTS}</function>",
    "glm": "<tool_call>read\n<arg_key>path</arg_key>\n<arg_value>a.txt</arg_value>\n</tool_call>",
    "minimax": '<minimax:tool_call>\n<invoke name="read">\n<parameter name="path">a.txt'
    "</parameter>\n</invoke>\n</minimax:tool_call>",
    "invoke": '<function_calls><invoke name="read"><parameter name="path">a.txt</parameter>'
    "</invoke></function_calls>",
    "invoke alone": '<invoke name="read"><parameter name="path">a.txt</parameter></invoke>',
    "deepseek 3.2": f'<{DSML}function_calls>\n<{DSML}invoke name="read">\n'
    f'<{DSML}parameter name="path" string="true">a.txt</{DSML}parameter>\n'
    f"</{DSML}invoke>\n</{DSML}function_calls>",
    "jamba": f"<tool_calls>[{JSON}]</tool_calls>",
    "llama": f'<|python_tag|>{{"name": "read", "parameters": {ARGUMENTS}}}<|eom_id|>',
    "mistral": f"[TOOL_CALLS] [{JSON}]",
    "mistral, name first": f"[TOOL_CALLS]read[ARGS]{ARGUMENTS}",
    "mistral, with id": f"[TOOL_CALLS]read[CALL_ID]a1b2c3d4e[ARGS]{ARGUMENTS}</s>",
    "mistral, bare name": f"[TOOL_CALLS]read{ARGUMENTS}",
    "deepseek": f"{deepseek('tool calls begin')}{DEEPSEEK_CALL}{deepseek('tool calls end')}",
    "deepseek, alone": DEEPSEEK_CALL,
    "deepseek r1": f"{deepseek('tool calls begin')}{deepseek('tool call begin')}function"
    f"{deepseek('tool sep')}read\n```json\n{ARGUMENTS}\n```{deepseek('tool call end')}"
    f"{deepseek('tool calls end')}{deepseek('end of sentence')}",
    "deepseek, plain marks": "<|tool\u2581calls_begin|><|tool_call_begin|>read<|tool_sep|>"
    f"{ARGUMENTS}<|tool_call_end|><|tool_calls_end|>",
    "kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.read:0"
    f"<|tool_call_argument_begin|>{ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>",
    "gpt-oss": f"<|channel|>commentary to=functions.read <|constrain|>json<|message|>{ARGUMENTS}"
    "<|call|>",
    "gpt-oss, old": "<|start|>assistant to=functions.read<|channel|>commentary json<|message|>"
    f"{ARGUMENTS}",
    "phi": f"<|tool_call|>[{JSON}]<|/tool_call|>",
    "command": f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "read", "parameters": '
    f"{ARGUMENTS}}}]<|END_ACTION|>",
    "internlm": f"<|action_start|><|plugin|>\n{JSON}<|action_end|>",
    "bare": JSON,
    "bare list": f"[{JSON}]",
    "bare, as the API has it": f'{{"id": "c", "type": "function", "function": {JSON}}}',
    "bare, typed": f'{{"type": "function", "name": "read", "parameters": {ARGUMENTS}}}',
    "bare, arguments as text": '{"name": "read", "arguments": "{\\"path\\": \\"a.txt\\"}"}',
    "space around": f"\n\n  {JSON}\n",
}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_a_call_is_read(text):
    (call,) = read_calls(text)
    assert (call.name, call.arguments) == ("read", {"path": "a.txt"})


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_a_call_with_words_behind_it_is_none(text):
    assert read_calls(f"{text} and so on") == []


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_a_call_that_is_cut_is_none_or_the_whole_call(text):
    """Some notations may lose their last mark; half of the arguments is never taken for all."""
    whole = read_calls(text)
    for size in range(len(text)):
        assert read_calls(text[:size]) in ([], whole)


def test_every_notation_is_under_test():
    starts = tuple(text.lstrip() for text in CALLS.values())
    missing = [opener for opener in NOTATIONS if not any(s.startswith(opener) for s in starts)]
    assert missing == [
        f"<{DSML}tool_calls>",
        f'<{DSML}invoke name="',
        f"<{BAR}tool_call",
        "<|tool_call_begin|>",
    ]


LOOK = '{"name": "ls", "arguments": {}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>{JSON}</tool_call>\n<tool_call>{LOOK}</tool_call>",
        f"<tool_call>[{JSON}, {LOOK}]</tool_call>",
        f"[TOOL_CALLS][{JSON}, {LOOK}]",
        f"[TOOL_CALLS]read[ARGS]{ARGUMENTS}[TOOL_CALLS]ls[ARGS]{{}}",
        f"<|python_tag|>{JSON}; {LOOK}",
        f"[{JSON}, {LOOK}]",
        "<function=read><parameter=path>a.txt</parameter></function></tool_call>\n<tool_call>"
        "<function=ls></function></tool_call>",
    ],
)
def test_several_calls_keep_their_order(text):
    assert [(call.name, call.arguments) for call in read_calls(text)] == [
        ("read", {"path": "a.txt"}),
        ("ls", {}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "5",
        "null",
        '{"name": "read"}',
        '{"name": "read", "arguments": null}',
        '{"name": "read", "arguments": [1]}',
        '{"name": "read", "arguments": "a.txt"}',
        '{"name": 5, "arguments": {}}',
        '{"name": "read", "arguments": {}, "parameters": {}}',
        '{"name": "read", "arguments": {}, "why": "to see"}',
        '{"name": "x", "tool_name": "y", "arguments": {}}',
        '{"type": "object", "name": "read", "parameters": {}}',
        '{"name": "read", "arguments": {"n": NaN}}',
        "{'name': 'read', 'arguments': {}}",
        '{"name": "read", "arguments": {"path": "a",}}',
        f"[{JSON}, 5]",
        f"{JSON}{JSON}",
        f"{JSON},",
        "<tool_call></tool_call>",
        "<tool_call>read",
        f"<tool_call>{JSON}<tool_call>{JSON}",
        "<tool_call>read</tool_call> <tool_call>",
        "<function=read><parameter=path>a</parameter><parameter=path>b</parameter></function>",
        "<function=read><parameter=path>a</parameter></parameter></function>",
        "<function=read></function></tool_call><tool_call>",
        '<function_calls><invoke name="read"></invoke>',
        "[TOOL_CALLS]read",
        "<|channel|>commentary<|message|>{}",
        "<|tool_call_begin|>read<|tool_call_argument_begin|>{}",
        '{"name":' * 5000,
        "[" * 100_000,
    ],
)
def test_what_is_nearly_a_call_is_none(text):
    assert read_calls(text) == []


def test_raw_line_breaks_in_strings_and_one_around_tagged_values():
    (call,) = read_calls('{"name": "write", "arguments": {"text": "a\n\tb"}}')
    assert call.arguments == {"text": "a\n\tb"}
    (call,) = read_calls("<function=write><parameter=text>\n\n  a\n\n</parameter></function>")
    assert call.arguments == {"text": "\n  a\n"}
    assert call.worded
