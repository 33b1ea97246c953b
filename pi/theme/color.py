"""Colour maths: sRGB, OKLab and OKLCH, WCAG contrast, colours that sRGB does not have.

    Rgb                                       (0, 170, 255): red, green, blue, 0 to 255
    oklch_of((0, 170, 255))                   (0.704, 0.160, 243.4): lightness, chroma, degrees
    from_oklch(0.7, 0.4, 243)                 the nearest of that lightness and hue
    contrast((255, 255, 255), (0, 0, 0))      21.0

OKLab is a space in which equal steps look equal; lightness goes from 0 to 1, chroma to about 0.33.
A colour that sRGB does not have keeps its lightness and its hue and loses chroma. Sources: B.
Ottosson, "A perceptual color space for image processing"; CSS Color Module Level 4; WCAG 2.2.
"""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin

TYPE_CHECKING = False
if TYPE_CHECKING:
    Rgb = tuple[int, int, int]
    Triple = tuple[float, float, float]

BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)

_STEPS = 24
_EDGE = 1e-6  # how far out of 0 to 1 a channel may be and still count as within


def luminance(rgb: Rgb) -> float:
    """Relative luminance, 0 for black to 1 for white, as WCAG 2 defines it."""
    red, green, blue = map(_linear, rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The WCAG 2 contrast ratio of two colours, 1 to 21."""
    return ratio(luminance(one), luminance(other))


def ratio(one: float, other: float) -> float:
    """The contrast ratio of two luminances."""
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one` with a share (0 to 1) of `other` in it, mixed in OKLab."""
    pairs = zip(oklab_of(one), oklab_of(other), strict=True)
    return shown(linear_of(*(a + (b - a) * share for a, b in pairs)))


def oklab_of(rgb: Rgb) -> Triple:
    """Lightness, a and b of a colour."""
    red, green, blue = map(_linear, rgb)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def oklch_of(rgb: Rgb) -> Triple:
    """Lightness (0 to 1), chroma and hue (0 to 360 degrees) of a colour."""
    lightness, a, b = oklab_of(rgb)
    return lightness, hypot(a, b), degrees(atan2(b, a)) % 360


def from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    """The colour of that lightness, chroma and hue, or the nearest that sRGB has."""
    if lightness >= 1:
        return WHITE
    if lightness <= 0:
        return BLACK
    a, b = cos(radians(hue)), sin(radians(hue))
    channels = linear_of(lightness, chroma * a, chroma * b)
    if is_within(channels):
        return shown(channels)
    low, high = 0.0, chroma
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if is_within(linear_of(lightness, middle * a, middle * b)):
            low = middle
        else:
            high = middle
    return shown(linear_of(lightness, low * a, low * b))


def linear_of(lightness: float, a: float, b: float) -> Triple:
    """Linear red, green and blue of a point of OKLab; out of 0 to 1 where sRGB has no such."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def is_within(channels: Triple) -> bool:
    """Whether all channels are from 0 to 1."""
    return min(channels) >= -_EDGE and max(channels) <= 1 + _EDGE


def shown(linear: Triple) -> Rgb:
    """Linear channels as a colour, clipped to what can be shown."""
    red, green, blue = (round(255 * _encoded(min(1.0, max(0.0, value)))) for value in linear)
    return red, green, blue


def hexadecimal(rgb: Rgb) -> str:
    """A colour as "#00aaff"."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
