"""AWS's shared files, as people and programs write them."""

from __future__ import annotations

import pytest

from pi.auth import aws_profile


def test_what_a_file_may_look_like(tmp_path):
    config = tmp_path / "c"
    config.write_text(
        "\ufeff# a comment\r\n; another\r\nstray = 1\r\n[default]\r\nregion=us-east-1 # mine\r\n"
        "s3 =\r\n  region = nested\r\n[ profile 'two  words' ]\r\nREGION = eu-west-1\r\n"
        "sso_start_url = https://a/#b\r\nno value\r\n[services x]\r\nregion = no\r\n[profile\r\n",
        "utf-8",
    )
    found = aws_profile.load({"AWS_CONFIG_FILE": str(config), "HOME": str(tmp_path)}.get)
    assert found.profile("default") == {"region": "us-east-1", "s3": ""}
    assert found.profile("two words") == {
        "region": "eu-west-1",
        "sso_start_url": "https://a/#b",
    }
    assert found.profile("x") is None
    assert found.session("corp") == {}


def test_the_credentials_file_goes_over_the_other(tmp_path):
    (tmp_path / "mine").write_text("[default]\na = 1\nb = 1\n")
    (tmp_path / "keys").write_bytes(b"[default]\nb = 2\xff\n")
    places = {"AWS_CONFIG_FILE": "~/mine", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "keys")}
    found = aws_profile.load({**places, "HOME": str(tmp_path)}.get)
    assert found.profile("default") == {"a": "1", "b": "2\ufffd"}


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 99, b"[", b"[]\na=1\n", b"=\n[x]\n=\n==1\n"]
)
def test_files_that_make_no_sense(tmp_path, content):
    (tmp_path / "config").write_bytes(content)
    found = aws_profile.load({"AWS_CONFIG_FILE": str(tmp_path / "config"), "HOME": "/no"}.get)
    assert found.profile("default") is None
    assert found.paths == (str(tmp_path / "config"), "/no/.aws/credentials")


def test_a_folder_in_place_of_a_file(tmp_path):
    found = aws_profile.load({"AWS_CONFIG_FILE": str(tmp_path), "HOME": str(tmp_path)}.get)
    assert found.profiles == {}
