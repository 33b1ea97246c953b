"""Whether a picture file is whole: a broken one in a conversation makes every later request fail.

    flaw(data, "image/png")       # None, or "a PNG with a wrong checksum"

PNG is verified to the last byte, the others by their structure: sizes, blocks and ends.
"""

from __future__ import annotations

from pi.text.imagefmt import size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def flaw(data: bytes, mime_type: str) -> str | None:
    """What is wrong with the bytes of a picture; None if nothing was found."""
    name = mime_type.removeprefix("image/").upper()
    if size_of(data) is None:
        return f"a {name} without a size"
    try:
        _CHECKS.get(mime_type, lambda data: None)(data)
    except ValueError as error:
        return str(error)
    except IndexError:
        return f"a {name} that ends too early"
    return None


def _check_png(data: bytes) -> None:
    from pi.images.png_read import open_png  # noqa: PLC0415 - at the first picture only

    open_png(data).verify()


def _check_jpeg(data: bytes) -> None:
    if b"\xff\xda" not in data:
        raise ValueError("a JPEG without picture data")
    if data.rfind(b"\xff\xd9") < data.find(b"\xff\xda"):
        raise ValueError("a JPEG that ends too early")


def _check_gif(data: bytes) -> None:
    """Walk over the blocks to the first picture and to its end."""
    at = 13 + _colour_table(data[10])
    while data[at] == 0x21:  # an extension
        at = _after_blocks(data, at + 2)
    if data[at] != 0x2C:
        raise ValueError("a GIF without a picture")
    _after_blocks(data, at + 11 + _colour_table(data[at + 9]))


def _colour_table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _check_webp(data: bytes) -> None:
    if int.from_bytes(data[4:8], "little") + 8 > len(data) + 1:  # an odd end may lack its pad byte
        raise ValueError("a WEBP that ends too early")


_CHECKS: dict[str, Callable[[bytes], None]] = {
    "image/png": _check_png,
    "image/jpeg": _check_jpeg,
    "image/gif": _check_gif,
    "image/webp": _check_webp,
}
