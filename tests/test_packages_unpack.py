"""Archives: what is unpacked, how, and all that is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import stat
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, PackageError
from pi.packages import inflate, swap
from pi.packages.progress import Job
from pi.packages.unpack import Bounds, unpack, unpack_into
from tests.npmregistry import tarball, zipped

JOB = Job(CancelToken())


def member(name, data=b"", *, kind=tarfile.REGTYPE, link="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, link, mode, len(data)
    return info, data


def tar_of(*members, form=tarfile.PAX_FORMAT):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def unpacked(tmp_path, data, *, strip=0, bounds=None):
    """Unpack some bytes; returns name -> content, of links "-> target"."""
    path, target = tmp_path / "archive", tmp_path / "out" / "target"
    path.write_bytes(data)
    if bounds is None:
        unpack(str(path), str(target), "x@1", JOB, strip=strip)
    else:
        unpack_into(str(path), str(target), "x@1", JOB, strip=strip, bounds=bounds)
    return content_of(target)


def content_of(target):
    found = {}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_every_form_of_tar_gives_the_same(tmp_path, form, pack):
    long_name = f"package/{'d' * 60}/{'e' * 60}/{'f' * 60}.md"
    data = tar_of(
        member("package/package.json", b"{}"),
        member("package/empty"),
        member("package/big", b"x" * 200_000),
        member("package/folder", kind=tarfile.DIRTYPE),
        member(long_name, b"deep"),
        member("package/gr\u00fc\u00df e.md", b"umlaut") if form != tarfile.USTAR_FORMAT else
        member("package/plain.md", b"umlaut"),
        form=form,
    )  # fmt: skip
    found = unpacked(tmp_path, pack(data), strip=1)
    assert found.pop("big") == b"x" * 200_000
    assert found.pop(long_name[8:]) == b"deep"
    assert sorted(found.values()) == [b"", b"umlaut", b"{}"]
    assert (tmp_path / "out/target/folder").is_dir()


def test_zip_archives_too(tmp_path):
    found = unpacked(tmp_path, zipped({"a/b.md": "x" * 100_000, "c.md": "", "d/": ""}))
    assert found == {"a/b.md": b"x" * 100_000, "c.md": b""}


def test_modes_and_owners_are_not_the_archives(tmp_path):
    data = tar_of(
        member("a", b"", mode=0o6777),
        member("b", b"", mode=0),
        member("c", kind=tarfile.DIRTYPE, mode=0o000),
        member("c/d", b"", mode=0o100),
    )
    umask = os.umask(0o022)
    try:
        unpacked(tmp_path, data)
    finally:
        os.umask(umask)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "out/target").rglob("*")
    }
    assert modes == {"a": 0o755, "b": 0o644, "c": 0o755, "d": 0o755}


def test_links_that_stay_inside_are_made_last(tmp_path):
    data = tar_of(
        member("lib", kind=tarfile.SYMTYPE, link="./real/lib"),
        member("real/up", kind=tarfile.SYMTYPE, link="../top.md"),
        member("nowhere", kind=tarfile.SYMTYPE, link="absent"),
        member("real/lib/x", b"x"),
        member("top.md", b"top"),
    )
    assert unpacked(tmp_path, data) == {
        "lib": "-> ./real/lib",
        "nowhere": "-> absent",
        "real/lib/x": b"x",
        "real/up": "-> ../top.md",
        "top.md": b"top",
    }


def test_of_the_same_name_twice_the_last_counts(tmp_path):
    assert unpacked(tmp_path, tar_of(member("a", b"1"), member("./a", b"22"))) == {"a": b"22"}


LINK = tarfile.SYMTYPE
REFUSED = {
    "absolute": ([member("/etc/x", b"")], "absolute name"),
    "dot dot": ([member("a/../../x", b"")], r"a name with \.\."),
    "dot dot alone": ([member("..", kind=tarfile.DIRTYPE)], r"a name with \.\."),
    "absolute link": ([member("a", kind=LINK, link="/etc/passwd")], "link that leads outside"),
    "link out": ([member("a/b", kind=LINK, link="../../x")], "link that leads outside"),
    "empty link": ([member("a", kind=LINK, link="")], "link that leads outside"),
    "links together": (
        [
            member("p/q/d", kind=LINK, link="../.."),
            member("p/q/e", kind=LINK, link="d/../x"),
        ],
        "links that lead outside together",
    ),
    "through a link": (
        [member("a", kind=LINK, link="."), member("a/b", b"x")],
        "as a file and as a folder",
    ),
    "hard link": ([member("a", kind=tarfile.LNKTYPE, link="/etc/passwd")], "a hard link"),
    "device": ([member("a", kind=tarfile.CHRTYPE)], "a device"),
    "block device": ([member("a", kind=tarfile.BLKTYPE)], "a device"),
    "pipe": ([member("a", kind=tarfile.FIFOTYPE)], "a named pipe"),
    "unknown": ([member("a", kind=b"Z")], "an unknown kind"),
    "sparse": ([member("a", kind=tarfile.GNUTYPE_SPARSE)], "an unknown kind"),
    "control": ([member("a\x1b[31m\nb", b"")], "control characters"),
    "long part": ([member("a" * 300, b"")], "too long"),
    "long path": ([member("/".join(["a" * 100] * 11), b"")], "too long"),
    "deep": ([member("/".join("a" * 70), b"")], "too long"),
    "case": ([member("Readme", b""), member("README", b"")], "one name on some systems"),
    "case of a folder": ([member("A/x", b""), member("a/y", b"")], "one name on some systems"),
    "unicode": (
        [member("\u00e9", b""), member("e\u0301", b"")],
        "one name on some systems",
    ),
    "file and folder": ([member("a", b""), member("a/b", b"")], "as a file and as a folder"),
    "folder and file": ([member("a/b", b""), member("a", b"")], "as a file and as a folder"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("strip", [0, 1])
def test_what_could_do_harm_is_refused_whole(tmp_path, case, strip):
    members, problem = REFUSED[case]
    if strip:
        for info, _ in members:
            info.name = info.name if info.name.startswith("/") else f"package/{info.name}"
    target = tmp_path / "out/target"
    target.mkdir(parents=True)
    (target / "before").write_text("kept")
    first = member("package/good" if strip else "good", b"1")
    with pytest.raises(PackageError, match=f"^x@1: the archive holds .*{problem}") as caught:
        unpacked(tmp_path, tar_of(first, *members), strip=strip)
    assert str(caught.value).isprintable()
    assert content_of(target) == {"before": b"kept"}
    assert os.listdir(tmp_path / "out") == ["target"]
    assert sorted(os.listdir(tmp_path)) == ["archive", "out"]


def zip_with(name="a", attributes=0, content=b"", change=None):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = attributes << 16
        archive.writestr(info, content)
    data = bytearray(stream.getvalue())
    if change:
        at, value = change
        start = data.rfind(b"PK\x01\x02")
        data[start + at] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (zip_with("/etc/x"), "absolute name"),
        (zip_with("../x"), r"a name with \.\."),
        (zip_with("a", 0o120777, b"../../x"), "link that leads outside"),
        (zip_with("a", 0o120777, b"x" * 5000), "a link that is too long"),
        (zip_with("a", 0o020666), "a device"),
        (zip_with(change=(8, 1)), "encrypted"),
        (zip_with(change=(10, 12)), "compressed in a way"),
        (zip_with(content=b"x" * 100, change=(16, 1)), "damaged"),
        (zip_with()[:-10], "without its table of contents"),
        (b"PK\x03\x04" + b"\0" * 500, "without its table of contents"),
        (b"PK\x05\x06" + b"\xff" * 18, "table of contents is too long"),
        (zip_with()[:-22] + b"PK\x06\x07" + b"\0" * 16 + zip_with()[-22:], "zip64"),
    ],
)
def test_zip_archives_are_checked_alike(tmp_path, data, problem):
    with pytest.raises(PackageError, match=problem):
        unpacked(tmp_path, data)
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the archive is empty"),
        (b"\0" * 1024, "the archive is empty"),
        (b"hello" * 500, "no tar header"),
        (b"<html>" + b" " * 100, "no tar header"),
        (tar_of(member("a", b"x" * 2000))[:1000], "the archive is cut"),
        (tar_of(member("a", b"x" * 600))[:1100], "the archive is cut"),
        (gzip.compress(tar_of(member("a", b"x")))[:-9], "compressed data has no end"),
        (gzip.compress(b"x" * 5000)[:20] + b"\xff" * 30, "cannot be decompressed"),
        (bz2.compress(b"x" * 5000)[:10] + b"\xff" * 30, "cannot be decompressed"),
        (lzma.compress(b"x" * 5000)[:20] + b"\xff" * 30, "cannot be decompressed"),
    ],
)
def test_damaged_archives_are_told(tmp_path, data, problem):
    with pytest.raises(PackageError, match=f"^x@1: the archive.*{problem}|{problem}"):
        unpacked(tmp_path, data)
    assert os.listdir(tmp_path / "out") == []


def pax(records):
    return tar_of((tarfile.TarInfo("a"), b""))[:0] + _header("x", records) + tar_of(member("a"))


def _header(flag, data):
    info = tarfile.TarInfo("PaxHeader")
    info.type, info.size = flag.encode(), len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + b"\0" * (-len(data) % 512)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pax(b"11 size=-1\n"), "a number that is none"),
        (pax(b"99 path=x\n"), "an extended header that is none"),
        (pax(b"path=x\n"), "an extended header that is none"),
        (pax(b"0 path=x\n"), "an extended header that is none"),
        (pax(b"12 path=a\0b\n"), "a name with a NUL"),
        (pax(b"14 path=../xx\n"), r"a name with \.\."),
        (pax(b"23 GNU.sparse.size=100\n"), "a sparse file"),
        (pax(b"11 path=\xff\xfe\n"), "not UTF-8"),
        (_header("x", b"x" * 70_000), "a header that is too long"),
        (_header("L", b"x" * 300 + b"\0") + tar_of(member("a")), "too long"),
    ],
)
def test_hostile_headers_are_refused(tmp_path, data, problem):
    with pytest.raises(PackageError, match=problem):
        unpacked(tmp_path, data)


def test_a_header_of_the_whole_archive_is_passed_over(tmp_path):
    data = _header("g", b"52 comment=0123456789012345678901234567890123456789\n")
    assert unpacked(tmp_path, data + tar_of(member("a", b"1"))) == {"a": b"1"}


SMALL = Bounds(files=3, total_bytes=10_000, ratio=10, free_bytes=2000)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (tar_of(*(member(f"{i}", b"") for i in range(4))), "more than 3 files"),
        (tar_of(member("a/b/c/d", b"")), "more than 3 files"),  # its folders count
        (gzip.compress(tar_of(member("a", b"\0" * 9000))), "unfolds to more than"),
        (zipped({"a": "\0" * 9000}), "unfolds to more than"),
        (zipped({f"{i}": "\0" * 1900 for i in range(3)}), "unfolds to more than"),
        (gzip.compress(b"\0" * 100_000), "empty|unfolds"),
    ],
)
def test_bombs_are_refused(tmp_path, data, problem):
    with pytest.raises(PackageError, match=problem):
        unpacked(tmp_path, data, bounds=SMALL)


def test_a_bomb_is_noticed_before_it_has_unfolded(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b"\0" * 50_000_000))
    pieces = inflate.inflated(str(path), 1_000_000)
    sizes = []
    with pytest.raises(PackageError, match="unfolds to more than 0 MiB"):
        sizes.extend(map(len, pieces))
    assert max(sizes) <= inflate.PIECE
    assert sum(sizes) <= 1_000_000


def test_several_compressed_members_are_one(tmp_path):
    data = tar_of(member("a", b"1" * 3000))
    parts = gzip.compress(data[:700]) + gzip.compress(data[700:]) + b"\0" * 20
    assert unpacked(tmp_path, parts) == {"a": b"1" * 3000}


def test_a_cancelled_unpacking_leaves_what_was_there(tmp_path):
    path, target = tmp_path / "archive", tmp_path / "target"
    path.write_bytes(tarball({"a": "1", "b": "2", "c": "3"}))
    target.mkdir()
    token = CancelToken()
    job = Job(token, lambda step: token.cancel() if step.done == 1 else None)
    with pytest.raises(Cancelled):
        unpack(str(path), str(target), "x@1", job, strip=1)
    assert sorted(os.listdir(tmp_path)) == ["archive", "target"]
    assert os.listdir(target) == []


def test_random_bytes_never_escape_as_another_error(tmp_path):
    rng = random.Random(7)
    good = [
        tarball({"package.json": "{}", "a/b": "x" * 700}),
        tar_of(member("a", b"x"), member("b" * 150, b"y"), form=tarfile.GNU_FORMAT),
        tar_of(member("\u00e9" * 90, b"y")),
        zipped({"a": "1", "b/c": "2" * 500}),
    ]
    path = tmp_path / "archive"
    for turn in range(400):
        data = bytearray(good[turn % len(good)])
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if turn % 5 == 0:
            data = data[: rng.randrange(len(data))]
        path.write_bytes(data)
        with suppress(PackageError):
            unpack(str(path), str(tmp_path / "t"), "x@1", JOB)
    assert set(os.listdir(tmp_path)) <= {"archive", "t"}


def test_folders_take_each_others_place_together_or_not_at_all(tmp_path):
    for name in ("new1", "new2", "old1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    pairs = [(str(tmp_path / "new1"), str(tmp_path / "old1")), (str(tmp_path / "absent"), "x")]
    with pytest.raises(OSError, match="absent"):
        swap.put_all([(a, str(tmp_path / b)) for a, b in pairs])
    assert content_of(tmp_path / "old1") == {"file": b"old1"}
    assert sorted(os.listdir(tmp_path)) == ["new1", "new2", "old1"]
    swap.put_all(pairs[:1])
    assert content_of(tmp_path / "old1") == {"file": b"new1"}
    assert sorted(os.listdir(tmp_path)) == ["new2", "old1"]


def test_leftovers_are_swept_and_links_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    folder = tmp_path / "modules"
    (folder / ".pi-fresh-a-123" / "locked").mkdir(parents=True)
    (folder / ".pi-fresh-a-123" / "locked" / "f").write_text("x")
    (folder / ".pi-fresh-a-123" / "link").symlink_to(outside)
    (folder / ".pi-fresh-b").symlink_to(outside)
    (folder / ".pi-fresh-a-123" / "locked").chmod(0o500)
    (folder / "a").mkdir()
    swap.sweep(str(folder))
    assert os.listdir(folder) == ["a"]
    assert (outside / "precious").exists()
    swap.clear(str(tmp_path / "absent"))
    assert Path(tmp_path / "outside").is_dir()
