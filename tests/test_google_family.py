"""What a model's id tells of its generation."""

from __future__ import annotations

import pytest

from pi.providers.google_family import (
    LATEST,
    generation,
    is_new,
    nests_images,
    thinks_by_level,
    wants_ids,
)

LEVELS = {"off": None, "low": "LOW"}


@pytest.mark.parametrize(
    ("model_id", "expected"),
    [
        ("gemini-2.5-pro", 2),
        ("gemini-1.5", 1),
        ("gemini-3-flash-preview", 3),
        ("gemini-3.1-flash-lite", 3),
        ("Gemini-3-X", 3),
        ("gemini-live-3-x", 3),
        ("gemini-12", 12),
        ("gemini-2025-x", LATEST),
        ("models/gemini-4-argon", 4),
        ("publishers/google/models/gemini-2.0-flash", 2),
        ("gemini-flash-latest", LATEST),
        ("gemini-flash-lite-latest", LATEST),
        ("gemini-pro-latest", LATEST),
        ("gemini-robotics-er-2-preview", None),
        ("gemma-4-31b-it", None),
        ("claude-sonnet-5", None),
        ("", None),
    ],
)
def test_generation(model_id, expected):
    assert generation(model_id) == expected


@pytest.mark.parametrize(
    ("model_id", "ids", "nested", "by_level", "signed"),
    [
        ("gemini-2.5-flash", False, False, False, False),
        ("gemini-3-flash", True, True, True, True),
        ("gemini-flash-latest", False, True, True, True),
        ("claude-x", True, True, False, False),
        ("gpt-oss-120b", True, True, False, False),
        ("x-claude-y", False, True, False, False),
        ("gemma-4-31b-it", False, True, True, False),
        ("deep-research", False, True, False, False),
    ],
)
def test_what_follows(model_id, ids, nested, by_level, signed):
    model = {"id": model_id}
    assert wants_ids(model) is ids
    assert nests_images(model) is nested
    assert thinks_by_level(model) is by_level
    assert is_new(model) is signed


@pytest.mark.parametrize(
    ("model_id", "mapped", "expected"),
    [
        ("gemini-robotics-er-2", LEVELS, True),
        ("gemini-robotics-er-2", {"off": None, "low": "5000"}, False),
        ("gemini-2.5-pro", LEVELS, False),
        ("other", None, False),
    ],
)
def test_a_level_map_tells_of_other_models(model_id, mapped, expected):
    assert thinks_by_level({"id": model_id, "thinkingLevelMap": mapped}) is expected
