"""What names a package, and what is refused."""

from __future__ import annotations

import pytest

from pi.packages.source import (
    Git,
    Local,
    Npm,
    Pypi,
    SourceError,
    Url,
    folder_of,
    identity,
    is_pinned,
    parse,
    public,
)


@pytest.mark.parametrize(
    ("text", "source", "name", "folder", "pinned"),
    [
        ("npm:a", Npm("npm:a", "a", ""), "npm:a", "npm/node_modules/a", False),
        (
            " npm:@s/a@1.2.3 ",
            Npm("npm:@s/a@1.2.3", "@s/a", "1.2.3"),
            "npm:@s/a",
            "npm/node_modules/@s/a",
            True,
        ),
        ("npm:a@^1 || 2", Npm("npm:a@^1 || 2", "a", "^1 || 2"), "npm:a", None, False),
        ("npm:a@next", Npm("npm:a@next", "a", "next"), "npm:a", None, False),
        ("pypi:A_b==1.0", Pypi("pypi:A_b==1.0", "A_b", "==1.0"), "pypi:a-b", "pypi/a-b", True),
        ("pypi:a>=1,<2", Pypi("pypi:a>=1,<2", "a", ">=1,<2"), "pypi:a", None, False),
        (
            "git:h.org/u/r@v1",
            Git("git:h.org/u/r@v1", "https://h.org/u/r", "h.org", "u/r", "v1"),
            "git:h.org/u/r",
            "git/h.org/u/r",
            True,
        ),
        (
            "git:git@H.org:u/r.git",
            Git("git:git@H.org:u/r.git", "git@H.org:u/r.git", "h.org", "u/r", ""),
            "git:h.org/u/r",
            "git/h.org/u/r",
            False,
        ),
        (
            "ssh://git@h.org:22/g/s/r@a/b",
            Git(
                "ssh://git@h.org:22/g/s/r@a/b", "ssh://git@h.org:22/g/s/r", "h.org", "g/s/r", "a/b"
            ),
            "git:h.org/g/s/r",
            None,
            True,
        ),
        (
            "git:file:///tmp/r.git@v1",
            Git("git:file:///tmp/r.git@v1", "file:///tmp/r.git", "file", "tmp/r", "v1"),
            "git:file/tmp/r",
            "git/file/tmp/r",
            True,
        ),
        ("https://h.org/x.tgz?a=1", Url("https://h.org/x.tgz?a=1", "https://h.org/x.tgz?a=1"),
         "url:https://h.org/x.tgz?a=1", None, True),
        ("../x", Local("../x", "../x"), "local:/x", "", False),
        ("~/x", Local("~/x", "~/x"), "local:/home/u/x", "", False),
        ("file:///x", Local("file:///x", "/x"), "local:/x", "", False),
        ("ext::sh -c x", Local("ext::sh -c x", "ext::sh -c x"), "local:/b/ext::sh -c x", "", False),
    ],
)  # fmt: skip
def test_sources(text, source, name, folder, pinned):
    found = parse(text)
    assert found == source
    assert identity(found, "/b", "/home/u") == name
    assert folder is None or folder_of(found) == folder
    assert is_pinned(found) is pinned


@pytest.mark.parametrize(
    "text",
    [
        "",
        "npm:",
        "npm:..",
        "npm:../x",
        "npm:@s/../x",
        "npm:--global",
        "npm:a@file:../x",
        "npm:a@npm:b@1",
        "npm:a@../x",
        "npm:A b",
        f"npm:{'a' * 300}",
        "pypi:",
        "pypi:../x",
        "pypi:a @ https://h/x.whl",
        "git:",
        "git:h",
        "git:h.org/r",
        "git:-x/u/r",
        "git:h.org/u/../r",
        "git:h.org/u/.git",
        "git:h.org/--upload-pack=x/r",
        "git:h.org/u/r@--upload-pack=x",
        "git:h.org/u/r@a..b",
        "git:h.org/u/r@",
        "git:h.org/u/r#v1",
        "git:ext::sh -c x",
        "git:git@-oProxyCommand=x:u/r",
        "git:file:///../etc",
        "https://",
        "https://h.org/u/r\nx",
        "ssh://-oProxyCommand=x/u/r",
        "npm:a\0b",
        "./x\x1b[1m",
    ],
)
def test_what_names_nothing_or_might_do_more_is_refused(text):
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert str(caught.value).isprintable()


def test_passwords_are_not_shown():
    text = "https://me:secret@h.org/u/r"
    assert public(text) == "https://me:...@h.org/u/r"
    assert parse(text).url == text
    with pytest.raises(SourceError) as caught:
        parse("https://me:secret@h.org/u")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("end", [".tgz", ".tar.gz", ".zip", ".whl", ".TGZ"])
def test_archives_are_told_from_repositories(end):
    assert isinstance(parse(f"https://h.org/u/x{end}"), Url)
    assert isinstance(parse(f"ssh://h.org/u/x{end}"), Git)
