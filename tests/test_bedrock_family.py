"""What models can do, by their names: real ids of the catalogue, and profiles of users' own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pi.providers.bedrock_family import family_of

ARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
CATALOG = Path(__file__).resolve().parent.parent / "pi/data/models/amazon-bedrock.json"


def family(model_id, name="", base="https://bedrock-runtime.us-east-1.amazonaws.com", **compat):
    model = {"id": model_id, "name": name, "baseUrl": base, "compat": compat}
    return family_of({"provider": "amazon-bedrock", "api": "bedrock-converse-stream", **model})


@pytest.mark.parametrize(
    ("model_id", "name", "claude", "adaptive", "binds", "cached"),
    [
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "", True, False, False, False),
        ("us.anthropic.claude-3-5-haiku-20241022-v1:0", "", True, False, False, True),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "", True, False, False, True),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "", True, False, False, True),
        ("us.anthropic.claude-opus-4-6-v1", "", True, True, False, True),
        ("us.anthropic.claude-opus-4-7", "", True, True, True, True),
        ("us.anthropic.claude-opus-5-5", "", True, True, True, True),
        (ARN, "Claude Opus 4.6", True, True, False, True),
        (ARN, "claude sonnet 5 (team)", True, True, True, True),
        (ARN, "Ours", False, False, False, False),
        ("amazon.nova-pro-v1:0", "Nova Pro", False, False, False, False),
        ("openai.gpt-oss-120b-1:0", "gpt-oss", False, False, False, False),
    ],
)
def test_claude(model_id, name, claude, adaptive, binds, cached):
    found = family(model_id, name)
    assert found.is_claude is claude
    assert found.thinks_adaptively is adaptive
    assert found.binds_thinking is binds
    assert found.takes_cache_points is cached


@pytest.mark.parametrize(
    ("model_id", "effort", "streams", "mixes"),
    [
        ("us.anthropic.claude-opus-5-5", "", True, True),
        ("amazon.nova-lite-v1:0", "", True, True),
        ("openai.gpt-oss-20b-1:0", "reasoning_effort", True, True),
        ("openai.gpt-5.6-luna", "reasoning", True, True),
        ("us.meta.llama4-scout-17b-instruct-v1:0", "", False, False),
        ("mistral.mistral-large-2407-v1:0", "", False, False),
        ("us.writer.palmyra-x5-v1:0", "", False, True),
    ],
)
def test_others(model_id, effort, streams, mixes):
    found = family(model_id)
    assert (found.effort_field, found.streams_tools, found.mixes_turns) == (effort, streams, mixes)


@pytest.mark.parametrize(
    ("model_id", "base", "gov"),
    [
        ("us-gov.anthropic.claude-opus-4-7", "https://x", True),
        ("arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/x", "https://x", True),
        ("anthropic.claude-opus-4-7", "https://bedrock-runtime.us-gov-west-1.amazonaws.com", True),
        ("us.anthropic.claude-opus-4-7", "https://bedrock-runtime.us-west-1.amazonaws.com", False),
    ],
)
def test_gov_cloud(model_id, base, gov):
    assert family(model_id, base=base).is_gov is gov


@pytest.mark.parametrize("value", [True, False])
def test_compat_has_the_last_word(value):
    found = family(ARN, supportsCachePoints=value, supportsStreamingToolUse=value)
    assert (found.takes_cache_points, found.streams_tools) == (value, value)


def test_every_model_of_the_catalogue_has_a_family():
    rows = json.loads(CATALOG.read_text("utf-8"))["models"]
    claudes = [row for row in rows if family(row["id"], row["name"]).is_claude]
    assert 0 < len(claudes) < len(rows)
    assert all("claude" in row["id"] for row in claudes)
