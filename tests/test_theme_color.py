"""Colour maths: against figures of the reference and of the definitions, and round trips."""

from __future__ import annotations

import random

import pytest

from pi.theme import color, okhsl
from pi.theme.notation import parse
from pi.theme.palette import ANSI, nearest_16, nearest_256, rgb_of

SHOWN = [  # as the reference shows them on a terminal with 24-bit colours
    ("okhsl(250 60% 55%)", (78, 136, 194)),
    ("okhsl(135 90% 70%)", (116, 196, 58)),
    ("okhsl(330 60% 50%)", (165, 83, 159)),
    ("okhsl(75 60% 70%)", (209, 162, 96)),
    ("okhsl(225 20% 70%)", (150, 176, 187)),
    ("okhsl(285 80% 10%)", (21, 11, 58)),
    ("okhsl(345 90% 90%)", (252, 214, 234)),
    ("okhsl(30 90% 50%)", (206, 58, 42)),
    ("okhsl(150 90% 10%)", (5, 28, 11)),
    ("okhsl(105 100% 35%)", (90, 84, 0)),
    ("okhsl(285 60% 35%)", (77, 68, 146)),
    ("oklch(62% 0.1 200)", (28, 152, 158)),
    ("oklch(50% 0.05 200)", (63, 108, 110)),
    ("oklch(80% 0.15 220)", (0, 210, 254)),
    ("oklch(80% 0.3 340)", (255, 147, 221)),
    ("oklch(20% 0.3 220)", (0, 26, 33)),
    ("oklch(50% 0.3 300)", (128, 0, 224)),
    ("oklch(95% 0.3 80)", (255, 236, 205)),
    ("oklch(95% 0.05 160)", (211, 249, 227)),
]
NEAREST = [  # as it shows them on one with 256
    ("#8721a9", 91), ("#e15c70", 167), ("#e87a53", 173), ("#191919", 234), ("#9648e8", 98),
    ("#3f56ea", 62), ("#ceeec0", 193), ("#2d2d2d", 236), ("#5583e9", 68), ("#db1d99", 162),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SHOWN)
def test_a_colour_is_shown_as_the_reference_shows_it(text, expected):
    found = parse(text)
    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) <= 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (color.WHITE, color.BLACK, 21.0),
        (color.WHITE, color.WHITE, 1.0),
        ((0x77, 0x77, 0x77), color.WHITE, 4.478),
        ((0x76, 0x76, 0x76), color.WHITE, 4.542),
        ((255, 0, 0), color.WHITE, 3.998),
        ((0, 0, 255), color.WHITE, 8.592),
    ],
)
def test_contrast_is_that_of_wcag(one, other, expected):
    assert color.contrast(one, other) == pytest.approx(expected, abs=0.001)
    assert color.contrast(other, one) == color.contrast(one, other)


def test_oklab_has_the_published_values():
    assert color.oklab_of(color.WHITE) == pytest.approx((1, 0, 0), abs=1e-4)
    assert color.oklab_of((255, 0, 0)) == pytest.approx((0.62796, 0.22486, 0.12585), abs=1e-4)
    assert color.oklch_of((0, 0, 255)) == pytest.approx((0.45201, 0.31321, 264.05), abs=0.01)


def test_every_colour_survives_the_way_through_each_space():
    source = random.Random(8)
    for _ in range(200):
        rgb = tuple(source.randrange(256) for _ in range(3))
        assert color.from_oklch(*color.oklch_of(rgb)) == rgb
        hue, saturation, lightness = okhsl.okhsl_of(rgb)
        assert 0 <= saturation <= 1
        back = okhsl.from_okhsl(hue, saturation, lightness)
        assert max(abs(one - other) for one, other in zip(rgb, back, strict=True)) <= 1


def test_what_srgb_does_not_have_keeps_lightness_and_hue():
    for hue in range(0, 360, 15):
        for lightness in (0.2, 0.5, 0.8):
            found = color.oklch_of(color.from_oklch(lightness, 0.4, hue))
            assert found[0] == pytest.approx(lightness, abs=0.01)
            assert abs((found[2] - hue + 180) % 360 - 180) < 3
            assert found[1] < 0.4


def test_all_of_okhsl_can_be_shown_and_saturation_counts():
    for hue in range(0, 360, 30):
        shades = [okhsl.from_okhsl(hue, share / 10, 0.6) for share in range(11)]
        chromas = [color.oklch_of(shade)[1] for shade in shades]
        assert chromas[0] < 0.005
        assert chromas == sorted(chromas)
        assert okhsl.from_okhsl(hue, 0.7, 0) == color.BLACK
        assert okhsl.from_okhsl(hue, 0.7, 1) == color.WHITE


@pytest.mark.parametrize(("text", "index"), NEAREST)
def test_the_nearest_of_256_is_the_reference_s(text, index):
    assert nearest_256(parse(text)) == index


def test_the_palette_is_its_own_nearest():
    for index in range(16, 256):
        assert rgb_of(nearest_256(rgb_of(index))) == rgb_of(index)
    for index, rgb in enumerate(ANSI):
        assert nearest_16(rgb) == index
    assert rgb_of(1, [(9, 9, 9)] * 16) == (9, 9, 9)


def test_a_dark_colour_does_not_become_grey():
    assert rgb_of(nearest_256((43, 18, 46))) == (0, 0, 0)
    assert nearest_16((60, 110, 70)) == 2


def test_mixing_goes_from_one_to_the_other():
    assert color.mixed((10, 20, 30), (200, 100, 50), 0) == (10, 20, 30)
    assert color.mixed((10, 20, 30), (200, 100, 50), 1) == (200, 100, 50)
    assert color.mixed(color.BLACK, color.WHITE, 0.5) == (99, 99, 99)
    assert color.hexadecimal((0, 170, 255)) == "#00aaff"
