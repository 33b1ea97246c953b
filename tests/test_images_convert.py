"""Scaling by other programs; small scripts stand for them."""

from __future__ import annotations

import base64
import os

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.images import prepare_image
from pi.images.convert import Box, scaled
from pi.text.imagefmt import size_of
from tests.test_imagefmt import jpeg


@pytest.fixture
def programs(tmp_path):
    """programs(magick="...script...") makes an environment with those programs only."""

    def make(**scripts: str) -> dict[str, str]:
        for name, script in scripts.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        return {"PATH": f"{tmp_path}:/usr/bin:/bin", "DIR": str(tmp_path)}

    return make


LAST = 'for last; do :; done; echo "$@" >"$DIR/arguments"'


def answer(tmp_path, data: bytes) -> str:
    """A script that writes the picture to its last argument."""
    (tmp_path / "answer").write_bytes(data)
    return f'{LAST}; cp "$DIR/answer" "$last"'


def test_the_first_program_that_can_do_it(programs, tmp_path):
    good = jpeg(2000, 10)
    environ = programs(
        magick="exit 1",
        convert=f'{LAST}; echo this is no picture >"$last"',
        gm=answer(tmp_path, good),
    )
    assert scaled(jpeg(4000, 20), "image/jpeg", Box(2000, 2000, 70), environ) == good
    arguments = (tmp_path / "arguments").read_text()
    assert arguments.startswith("convert jpeg:")
    assert "-resize 2000x2000> -quality 70 " in arguments
    source = arguments.split()[1].removeprefix("jpeg:").removesuffix("[0]")
    assert not os.path.exists(os.path.dirname(source))


def test_a_result_that_is_still_too_large_does_not_count(programs, tmp_path):
    environ = programs(magick=answer(tmp_path, jpeg(2001, 10)))
    assert scaled(jpeg(4000, 20), "image/jpeg", Box(2000, 2000), environ) is None


def test_without_a_program():
    assert scaled(jpeg(4000, 20), "image/jpeg", Box(9, 9), {"PATH": "/nonexistent"}) is None


def test_a_scaled_picture_is_told(programs, tmp_path):
    environ = programs(ffmpeg=answer(tmp_path, jpeg(2000, 1000)))
    result = prepare_image(jpeg(4000, 2000), "image/jpeg", environ=environ)
    assert result.mime_type == "image/jpeg"
    assert size_of(base64.b64decode(result.data or "")) == (2000, 1000)
    assert "Scaled from 4000x2000 to 2000x1000" in result.note


def test_cancelling(programs):
    environ = programs(magick="sleep 30")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        scaled(jpeg(4000, 20), "image/jpeg", Box(9, 9), environ, token)
