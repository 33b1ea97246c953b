"""What a picture becomes before it enters a conversation: small enough, whole, of a known format.

    prepare_image(data, "image/png", {"maxWidth": 2000, "maxHeight": 2000, "maxBytes": 4718592})
    Prepared(data="iVBORw...", mime_type="image/png", note="")

A picture within the limits passes byte for byte. A larger one is scaled and the note gives both
sizes; BMP becomes PNG, an animated PNG its still picture. PNG, BMP and GIF are decoded here, other
formats by a program of the system. A picture that is broken, or that nothing here can scale, is
left out and the note says why. Limits are those of a model's `inputLimits.images.resize`.
"""

from __future__ import annotations

import os
from base64 import b64encode
from math import sqrt

from pi.images.check import flaw
from pi.text.imagefmt import size_of
from pi.text.truncate import size_text
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypedDict

    from pi.cancel import CancelToken
    from pi.images.pixels import Pixels

    class ImageLimits(TypedDict, total=False):
        """What a picture may have. Missing ones are those of DEFAULT_LIMITS."""

        maxWidth: int  # pixels
        maxHeight: int
        maxBytes: int  # of its base64 text
        jpegQuality: int  # 1 to 100


DEFAULT_LIMITS: ImageLimits = {
    "maxWidth": 2000,
    "maxHeight": 2000,
    "maxBytes": 4_718_592,
    "jpegQuality": 80,
}

MAX_FILE_BYTES = 256 << 20
"""Larger picture files are not read at all."""

_ANIMATION_WITHIN = 4096  # bytes; acTL comes before the picture data
_TRIES = 6
_SAFETY = 0.92  # compressed size shrinks a little slower than the number of pixels


class Prepared(Value):
    """A picture ready to be sent: base64 `data`, or None if it is left out; `note` tells about it.

    `note` is one line for each thing that was done, "" if nothing was.
    """

    data: str | None
    mime_type: str
    note: str = ""


class _Job(Value):
    """What is to be done, for the steps below."""

    limits: ImageLimits
    environ: Mapping[str, str]
    token: CancelToken | None

    def check(self) -> None:
        """Raise Cancelled if the token has fired."""
        if self.token is not None:
            self.token.check()

    def fits(self, data: bytes, mime_type: str, size: tuple[int, int]) -> bool:
        """Whether a picture may be sent as it is."""
        limits = self.limits
        if mime_type == "image/bmp" or not _is_within(size, limits):
            return False
        return _encoded_size(data) <= limits["maxBytes"]


def prepare_image(
    data: bytes,
    mime_type: str,
    limits: ImageLimits | Mapping[str, int] = DEFAULT_LIMITS,
    *,
    resize: bool = True,
    environ: Mapping[str, str] | None = None,
    token: CancelToken | None = None,
) -> Prepared:
    """Make a picture fit to be sent. `mime_type` is what `imagefmt.detect` said.

    With `resize` False it is only brought into a format that models take, whatever its size.
    `environ` (default: ours) is where programs are looked for. Raises Cancelled.
    """
    complete: ImageLimits = {**DEFAULT_LIMITS, **_sane(limits)}  # type: ignore[typeddict-item]
    job = _Job(complete, os.environ if environ is None else environ, token)
    try:
        return _prepare(data, mime_type, job, resize)
    except (ValueError, OSError) as error:  # OSError: no room for a program's files
        return Prepared(None, mime_type, f"[Image left out: {error}.]")


def _prepare(data: bytes, mime_type: str, job: _Job, resize: bool) -> Prepared:
    notes = []
    problem = flaw(data, mime_type) if resize else None
    if problem:
        raise ValueError(f"the file is {problem}")
    if mime_type == "image/bmp":
        notes.append("[Converted from image/bmp to image/png.]")
        if not resize or _is_within(size_of(data), job.limits):
            data, mime_type = _bmp_to_png(data, job), "image/png"
    elif mime_type == "image/png" and b"acTL" in data[:_ANIMATION_WITHIN]:
        data = _still(data)
        notes.append("[An animation; this is its still picture.]")
    size = size_of(data)
    if resize and size is not None and not job.fits(data, mime_type, size):
        data, mime_type = _scale(data, mime_type, size, job)
        notes.append(_scale_note(size, size_of(data) or size))
    return Prepared(b64encode(data).decode(), mime_type, "\n".join(notes))


def _is_within(size: tuple[int, int] | None, limits: ImageLimits) -> bool:
    return size is not None and size[0] <= limits["maxWidth"] and size[1] <= limits["maxHeight"]


def _bmp_to_png(data: bytes, job: _Job) -> bytes:
    from pi.images.bmp import read_bmp  # noqa: PLC0415 - for this format only
    from pi.images.png_write import write_png  # noqa: PLC0415

    return write_png(read_bmp(data, job.check), job.check)


def _still(data: bytes) -> bytes:
    from pi.images.png_read import still  # noqa: PLC0415 - for animations only

    return still(data)


def _scale(data: bytes, mime_type: str, size: tuple[int, int], job: _Job) -> tuple[bytes, str]:
    """The picture within the limits, and its format. Raises ValueError if it cannot be done."""
    if mime_type in ("image/png", "image/gif", "image/bmp"):
        return _scale_here(data, mime_type, job), "image/png"
    scaled = _scale_outside(data, mime_type, job)
    if scaled is not None:
        return scaled
    from pi.images.convert import PROGRAMS  # noqa: PLC0415 - for the message only

    name = mime_type.removeprefix("image/").upper()
    limits = job.limits
    raise ValueError(
        f"{size[0]}x{size[1]} pixels and {size_text(_encoded_size(data))} encoded are more than"
        f" {limits['maxWidth']}x{limits['maxHeight']} and {size_text(limits['maxBytes'])}, and"
        f" scaling a {name} needs one of {', '.join(PROGRAMS)}; install one or make a smaller copy"
    )


def _scale_here(data: bytes, mime_type: str, job: _Job) -> bytes:
    from pi.images.pixels import fitting, shrink  # noqa: PLC0415 - for large pictures only
    from pi.images.png_write import write_png  # noqa: PLC0415

    limits = job.limits
    pixels = _decode(data, mime_type, job)
    for _ in range(_TRIES):
        result = write_png(pixels, job.check)
        if _encoded_size(result) <= limits["maxBytes"]:
            return result
        factor = sqrt(limits["maxBytes"] / _encoded_size(result)) * _SAFETY
        width, height = max(1, int(pixels.width * factor)), max(1, int(pixels.height * factor))
        pixels = shrink(pixels, *fitting(pixels.width, pixels.height, width, height))
    raise ValueError(f"no size of it is below {size_text(limits['maxBytes'])}")


def _decode(data: bytes, mime_type: str, job: _Job) -> Pixels:
    """The pixels of a picture, already within the limits of width and height."""
    from pi.images import pixels as px  # noqa: PLC0415 - for large pictures only

    limits = job.limits
    if mime_type != "image/png":
        full = _decode_whole(data, mime_type, job)
        size = px.fitting(full.width, full.height, limits["maxWidth"], limits["maxHeight"])
        return px.shrink(full, *size)
    from pi.images.png_read import open_png  # noqa: PLC0415

    picture = open_png(data)
    size = px.fitting(picture.width, picture.height, limits["maxWidth"], limits["maxHeight"])
    shrinker = px.RowShrinker(picture.width * picture.channels, picture.height, size[1])
    rows = [new for row in picture.rows(job.check) for new in shrinker.feed(row)]
    shorter = px.Pixels(picture.width, size[1], picture.channels, b"".join(rows))
    return px.shrink_columns(shorter, size[0])


def _decode_whole(data: bytes, mime_type: str, job: _Job) -> Pixels:
    if mime_type == "image/bmp":
        from pi.images.bmp import read_bmp  # noqa: PLC0415 - for this format only

        return read_bmp(data, job.check)
    from pi.images.gif import read_gif  # noqa: PLC0415 - for this format only

    return read_gif(data, job.check)


def _scale_outside(data: bytes, mime_type: str, job: _Job) -> tuple[bytes, str] | None:
    from pi.images.convert import Box, scaled  # noqa: PLC0415 - for large pictures only
    from pi.text.imagefmt import detect  # noqa: PLC0415

    limits = job.limits
    width, height = limits["maxWidth"], limits["maxHeight"]
    for _ in range(_TRIES):
        box = Box(width, height, limits["jpegQuality"])
        result = scaled(data, mime_type, box, job.environ, job.token)
        if result is None:
            return None
        size = size_of(result) or (width, height)
        if job.fits(result, mime_type, size):
            return result, detect(result) or mime_type
        factor = sqrt(limits["maxBytes"] / _encoded_size(result)) * _SAFETY
        width, height = max(1, int(size[0] * factor)), max(1, int(size[1] * factor))
    return None


def _scale_note(old: tuple[int, int], new: tuple[int, int]) -> str:
    factor = f"{old[0] / new[0]:.2f}"
    return (
        f"[Scaled from {old[0]}x{old[1]} to {new[0]}x{new[1]} pixels;"
        f" coordinates times {factor} are those of the original.]"
    )


def _encoded_size(data: bytes) -> int:
    """The length of the base64 text."""
    return (len(data) + 2) // 3 * 4


def _sane(limits: Mapping[str, int]) -> dict[str, int]:
    """The limits that can be one; configuration may hold anything."""
    return {
        key: int(value)
        for key, value in limits.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 1
    }
