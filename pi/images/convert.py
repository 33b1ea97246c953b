"""Scaling pictures with a program of the system, for the formats we cannot decode ourselves.

    scaled(data, "image/jpeg", Box(2000, 2000, 80), environ, token)     # JPEG bytes, or None

Programs are tried in the order of the table until one gives a picture of the wanted format. Each
works on files in a folder of its own that is removed afterwards. What they are given has the
format's own first bytes, is named after it, and they are stopped after 30 seconds.
"""

from __future__ import annotations

import os

from pi import proc
from pi.text.imagefmt import detect, size_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pi.cancel import CancelToken

TIMEOUT_S = 30.0
MAX_OUTPUT_BYTES = 64 << 20

_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
}
_RESULTS = {"image/jpeg": "image/jpeg"}  # anything else may be transparent and becomes PNG

_MAGICK = "{kind}:{source}[0] -auto-orient -resize {width}x{height}> -quality {quality} {target}"
_SCALE = "scale=w='min({width},iw)':h='min({height},ih)':force_original_aspect_ratio=decrease"
_PROGRAMS = {
    "magick": _MAGICK,
    "convert": _MAGICK,
    "gm": "convert " + _MAGICK,
    "vipsthumbnail": "{source} --size {width}x{height}> -o {target}",
    "ffmpeg": "-v error -nostdin -i {source} -frames:v 1 -q:v 4 -vf " + _SCALE + " {target}",
    "sips": "-Z {smaller} {source} --out {target}",
}
"""Program -> its arguments, split at blanks before they are filled in."""

PROGRAMS = tuple(_PROGRAMS)


class Box(Value):
    """The largest width and height in pixels, and the quality of a JPEG."""

    width: int
    height: int
    quality: int = 80


def scaled(
    data: bytes,
    mime_type: str,
    box: Box,
    environ: Mapping[str, str],
    token: CancelToken | None = None,
) -> bytes | None:
    """The picture made to fit into the box, as JPEG or PNG; None if no program could do it."""
    found = [program for program in _PROGRAMS if proc.find_program(program, environ)]
    if not found:
        return None
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - for pictures over the limits only

    with TemporaryDirectory(prefix="pi-image-") as folder:
        source = os.path.join(folder, f"in.{_ENDINGS[mime_type]}")
        with open(source, "wb") as stream:
            stream.write(data)
        for result in _attempts(found, source, mime_type, box, environ, token):
            if _fits(result, box):
                return result
    return None


def _attempts(
    programs: list[str],
    source: str,
    mime_type: str,
    box: Box,
    environ: Mapping[str, str],
    token: CancelToken | None,
) -> Iterator[bytes]:
    ending = _ENDINGS[_RESULTS.get(mime_type, "image/png")]
    for program in programs:
        target = os.path.join(os.path.dirname(source), f"{program}.{ending}")
        values = {
            "kind": mime_type.removeprefix("image/"),
            "source": source,
            "target": target,
            "width": box.width,
            "height": box.height,
            "smaller": min(box.width, box.height),
            "quality": box.quality,
        }
        argv = [program, *(part.format_map(values) for part in _PROGRAMS[program].split())]
        try:
            proc.capture(argv, timeout_s=TIMEOUT_S, env=environ, token=token)
            with open(target, "rb") as stream:
                yield stream.read(MAX_OUTPUT_BYTES)
        except (proc.StartError, OSError):  # it cannot do it; the next one may
            continue


def _fits(data: bytes, box: Box) -> bool:
    size = size_of(data)
    good = detect(data) in ("image/png", "image/jpeg")
    return good and size is not None and size[0] <= box.width and size[1] <= box.height
