"""OKHSL: hue, saturation and lightness, in which every combination is a colour that can be shown.

    from_okhsl(250, 0.60, 0.55)       (78, 136, 194)
    okhsl_of((78, 136, 194))          (250.1, 0.60, 0.55)

Saturation says how much of the chroma is used that sRGB has at a hue and a lightness: 0.8 of it is
about what every hue of that lightness can have. Source: B. Ottosson, "Okhsv and Okhsl", for what is
meant and for its figures; here the limits of sRGB are searched for instead of approximated, so that
a channel may differ by one.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin, sqrt

from pi.theme import color
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.theme.color import Rgb, Triple

_K1, _K2 = 0.206, 0.03
_K3 = (1 + _K1) / (1 + _K2)
_MIDDLE = 0.8  # the saturation at which the middle chroma is reached
_STEPS = 24


class _Hue(Value):
    """What sRGB has of a hue: its most colourful point, and a smooth guess of its usual chroma."""

    a: float
    b: float
    peak_lightness: float
    peak_chroma: float
    middle_dark: float  # chroma for each unit of lightness, seen from black
    middle_light: float  # chroma for each unit of lack of lightness, seen from white


def from_okhsl(hue: float, saturation: float, lightness: float) -> Rgb:
    """The colour of a hue in degrees, a saturation and a lightness, both 0 to 1."""
    if lightness >= 1:
        return color.WHITE
    if lightness <= 0:
        return color.BLACK
    of_hue = _hue(round(hue % 360, 6))
    level = untoed(lightness)
    chroma = _chroma(saturation, _limits(of_hue, level))
    return color.shown(color.linear_of(level, chroma * of_hue.a, chroma * of_hue.b))


def okhsl_of(rgb: Rgb) -> Triple:
    """Hue in degrees, saturation and lightness of a colour."""
    level, chroma, hue = color.oklch_of(rgb)
    if level >= 1 - 1e-6 or level <= 1e-6 or chroma < 1e-4:  # of a grey the hue means nothing
        return hue, 0.0, toed(min(max(level, 0.0), 1.0))
    saturation = _saturation(chroma, _limits(_hue(round(hue, 6)), level))
    return hue, min(saturation, 1.0), toed(level)


def _chroma(saturation: float, limits: Triple) -> float:
    """Chroma of a saturation: a curve through (0, 0), (0.8, middle) and (1, most)."""
    start, middle, most = limits
    if saturation < _MIDDLE:
        share = saturation / _MIDDLE
        slope = _MIDDLE * start
        return share * slope / (1 - (1 - slope / middle) * share)
    share = (saturation - _MIDDLE) / (1 - _MIDDLE)
    slope = (1 - _MIDDLE) * (middle / _MIDDLE) ** 2 / start
    room = most - middle
    return middle + share * slope / (1 - (1 - slope / room) * share) if room > 0 else middle


def _saturation(chroma: float, limits: Triple) -> float:
    """The inverse of `_chroma`."""
    start, middle, most = limits
    if chroma < middle:
        slope = _MIDDLE * start
        return _MIDDLE * chroma / (slope + (1 - slope / middle) * chroma)
    slope = (1 - _MIDDLE) * (middle / _MIDDLE) ** 2 / start
    room = most - middle
    if room <= 0:
        return 1.0
    over = chroma - middle
    return _MIDDLE + (1 - _MIDDLE) * over / (slope + (1 - slope / room) * over)


def _limits(hue: _Hue, level: float) -> Triple:
    """Three chromas at an OKLab lightness: of the start of the curve, of its middle, the most."""
    most = _most_chroma(hue, level)
    straight = min(
        level * hue.peak_chroma / hue.peak_lightness,
        (1 - level) * hue.peak_chroma / (1 - hue.peak_lightness),
    )
    dark, light = level * hue.middle_dark, (1 - level) * hue.middle_light
    middle = 0.9 * (most / straight) * sqrt(sqrt(1 / (1 / dark**4 + 1 / light**4)))
    dark, light = level * 0.4, (1 - level) * 0.8
    return sqrt(1 / (1 / dark**2 + 1 / light**2)), middle, most


def _most_chroma(hue: _Hue, level: float) -> float:
    """The most chroma at a lightness. Below the peak the edge of sRGB is a straight line."""
    if level <= hue.peak_lightness:
        return level * hue.peak_chroma / hue.peak_lightness
    low, high = 0.0, hue.peak_chroma
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if max(color.linear_of(level, middle * hue.a, middle * hue.b)) > 1:
            high = middle
        else:
            low = middle
    return low


@lru_cache(maxsize=512)
def _hue(degrees: float) -> _Hue:
    a, b = cos(radians(degrees)), sin(radians(degrees))
    low, high = 0.0, 1.0  # chroma for each unit of lightness at which a channel becomes 0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if min(color.linear_of(1.0, middle * a, middle * b)) < 0:
            high = middle
        else:
            low = middle
    brightest = max(color.linear_of(1.0, low * a, low * b))
    peak = brightest ** (-1 / 3)
    dark = 0.11516993 + 1 / (
        7.44778970
        + 4.15901240 * b
        + a * (-2.19557347 + 1.75198401 * b)
        + a**2 * (-2.13704948 - 10.02301043 * b)
        + a**3 * (-4.24894561 + 5.38770819 * b + 4.69891013 * a)
    )
    light = 0.11239642 + 1 / (
        1.61320320
        - 0.68124379 * b
        + a * (0.40370612 + 0.90148123 * b)
        + a**2 * (-0.27087943 + 0.61223990 * b)
        + a**3 * (0.00299215 - 0.45399568 * b - 0.14661872 * a)
    )
    return _Hue(a, b, peak, peak * low, dark, light)


def toed(level: float) -> float:
    """The lightness that OKHSL has for one of OKLab: as people judge it beside white."""
    part = _K3 * level - _K1
    return 0.5 * (part + sqrt(part * part + 4 * _K2 * _K3 * level))


def untoed(lightness: float) -> float:
    """The inverse of `toed`."""
    return (lightness * lightness + _K1 * lightness) / (_K3 * (lightness + _K2))
