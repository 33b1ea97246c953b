"""Scaling, against exact area averages."""

from __future__ import annotations

import random

import pytest

from pi.images.pixels import Pixels, fitting, shrink


@pytest.mark.parametrize(
    ("size", "limits", "result"),
    [
        ((3000, 1500), (2000, 2000), (2000, 1000)),
        ((10, 5000), (2000, 2000), (4, 2000)),
        ((2600, 2200), (2000, 2000), (2000, 1692)),
        ((2001, 10), (2000, 2000), (2000, 10)),
        ((5000, 1), (2000, 2000), (2000, 1)),
        ((100, 100), (2000, 2000), (100, 100)),
        ((4000, 6000), (2000, 1500), (1000, 1500)),
    ],
)
def test_the_size_that_fits(size, limits, result):
    assert fitting(*size, *limits) == result


def overlap(index: int, old: int, new: int) -> list[tuple[int, float]]:
    """Which old positions a new one covers, and how much of each."""
    begin, end = index * old / new, (index + 1) * old / new
    covered = ((at, min(end, at + 1) - max(begin, at)) for at in range(old))
    return [(at, part) for at, part in covered if part > 1e-9]


def exact(pixels: Pixels, width: int, height: int) -> list[float]:
    result = []
    for y in range(height):
        for x in range(width):
            for part in range(pixels.channels):
                total = area = 0.0
                for row, down in overlap(y, pixels.height, height):
                    for column, across in overlap(x, pixels.width, width):
                        at = (row * pixels.width + column) * pixels.channels + part
                        total += down * across * pixels.data[at]
                        area += down * across
                result.append(total / area)
    return result


@pytest.mark.parametrize(
    ("old", "new", "channels"),
    [
        ((30, 20), (10, 7), 3),
        ((31, 7), (10, 3), 4),
        ((50, 20), (50, 7), 1),
        ((20, 20), (7, 20), 2),
        ((200, 4), (80, 2), 3),
        ((7, 1), (1, 1), 3),
        ((9, 9), (9, 9), 3),
    ],
)
def test_means_of_areas(old, new, channels):
    data = random.Random(6).randbytes(old[0] * old[1] * channels)
    pixels = Pixels(*old, channels, data)
    small = shrink(pixels, *new)
    assert (small.width, small.height, small.channels) == (*new, channels)
    wanted = exact(pixels, *new)
    assert len(small.data) == len(wanted)
    assert max(abs(a - b) for a, b in zip(small.data, wanted, strict=True)) < 1.5


def test_one_colour_stays_exactly():
    for value in (0, 1, 127, 254, 255):
        pixels = Pixels(97, 61, 3, bytes((value,)) * (97 * 61 * 3))
        assert shrink(pixels, 40, 23).data == bytes((value,)) * (40 * 23 * 3)
