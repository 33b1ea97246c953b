"""What a package is named by: the sources of settings.json and of the command line.

    parse("npm:@acme/tools@^1.2")               Npm("npm:@acme/tools@^1.2", "@acme/tools", "^1.2")
    parse("git:example.org/u/tools@v1").ref     "v1"
    parse("./tools")                            Local("./tools", "./tools")
    identity(parse("npm:x@2"), base, home)      "npm:x": the same package, whatever its version

    npm:NAME[@VERSION]                  a version, a range or a tag
    pypi:NAME[==VERSION]                a wheel
    git:HOST/USER/REPO[@REF]            also git:git@HOST:USER/REPO, git:file:///PATH and full URLs
    https://... ssh://... git://...     a git repository, or an archive if it ends like one
    anything else                       a path; below the folder of the settings file

Nothing that is read here can lead out of the folder packages are kept in, or pass for an option of
a program: names, hosts, paths and refs are of safe characters or refused. Source: the reference's
packages page; `pypi:`, archives and `git:file:` are ours.
"""

from __future__ import annotations

import hashlib
import re

from pi import paths
from pi.errors import PackageError
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Source: TypeAlias = "Npm | Pypi | Git | Url | Local"

ARCHIVES = (".tgz", ".tar.gz", ".zip", ".whl")

_NPM_NAME = r"(?:@[A-Za-z0-9~-][\w.~-]*/)?[A-Za-z0-9~][\w.~-]*"
_PYPI = r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*((?:[=<>!~]=?=?[^\s;@]+)?)"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]"
_SEGMENT = r"[\w~+][\w.~+-]*"
_REF = r"[A-Za-z0-9_][\w./+-]*"
_URL = re.compile(r"(https?|ssh|git)://(?:([^@/\s]*)@)?([^/:\s]+|\[[^\]]*\])(:\d+)?/(\S*)")
_SCHEMES = ("https://", "http://", "ssh://", "git://")


class SourceError(PackageError):
    """A source that names no package; the text says what is wrong with it."""


class Npm(Value):
    """A package of an npm registry. `wanted` is a version, range or tag; "" where none is given."""

    text: str
    name: str
    wanted: str = ""


class Pypi(Value):
    """A wheel of a Python package index. `wanted` is as in "==1.0", "" where none is given."""

    text: str
    name: str
    wanted: str = ""


class Git(Value):
    """A git repository. `url` is what git is given; `host` and `path` name it; `ref` may be ""."""

    text: str
    url: str
    host: str
    path: str
    ref: str = ""


class Url(Value):
    """An archive at an address."""

    text: str
    address: str


class Local(Value):
    """A folder, or a file with one extension. `path` is as it was written."""

    text: str
    path: str


def parse(text: str) -> Source:
    """The source that a text names. Raises SourceError."""
    text = text.strip()
    if not text or "\0" in text or not text.isprintable():
        raise SourceError(f"{shown(text) or 'an empty text'}: is no source of a package")
    if text.startswith("npm:"):
        return _npm(text)
    if text.startswith("pypi:"):
        return _pypi(text)
    if text.startswith("git:") and not text.startswith("git://"):
        return _git(text, text[4:].strip())
    if text.startswith(_SCHEMES):
        return Url(text, text) if _is_archive(text) else _git(text, text)
    return Local(text, text.removeprefix("file://") if text.startswith("file:///") else text)


def identity(source: Source, base: str, home: str) -> str:
    """What two sources of the same package have in common; `base` is what paths are below."""
    if isinstance(source, Local):
        return f"local:{paths.absolute(source.path, base, home)}"
    return ":".join(_kind_and_name(source))


def is_pinned(source: Source) -> bool:
    """Whether a source names one state for good: an exact version, or a git tag or commit."""
    if isinstance(source, Npm):
        return (
            re.fullmatch(r"v?\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?", source.wanted) is not None
        )
    if isinstance(source, Pypi):
        return re.fullmatch(r"===?[^*,]+", source.wanted) is not None
    return bool(source.ref) if isinstance(source, Git) else not isinstance(source, Local)


def folder_of(source: Source) -> str:
    """Where a package is kept, below the folder of its scope; "" for a local one."""
    if isinstance(source, Local):
        return ""
    kind, name = _kind_and_name(source)
    if kind == "url":
        name = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{'npm/node_modules' if kind == 'npm' else kind}/{name}"


def _kind_and_name(source: Source) -> tuple[str, str]:
    """What a package that is fetched is told from others by."""
    if isinstance(source, Git):
        return "git", f"{source.host}/{source.path}"
    if isinstance(source, Url):
        return "url", source.address
    return ("npm", source.name) if isinstance(source, Npm) else ("pypi", normalised(source.name))


def public(text: str) -> str:
    """A source for a line of the user: without the password that a URL may hold."""
    return shown(re.sub(r"(://[^/@:\s]*):[^/@\s]*@", r"\1:...@", text))


def normalised(name: str) -> str:
    """The name of a Python package as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _npm(text: str) -> Npm:
    match = re.fullmatch(rf"({_NPM_NAME})(?:@([^\s/:@][^/:@]*))?", text[4:].strip(), re.ASCII)
    if match is None or len(match[1]) > 214:
        raise SourceError(
            f"{public(text)}: expected npm:NAME or npm:NAME@VERSION, with a plain package name and "
            "a version, range or tag"
        )
    return Npm(text, match[1], (match[2] or "").strip())


def _pypi(text: str) -> Pypi:
    match = re.fullmatch(_PYPI, text[5:].strip(), re.ASCII)
    if match is None:
        raise SourceError(f"{public(text)}: expected pypi:NAME or pypi:NAME==VERSION")
    return Pypi(text, match[1], match[2])


def _is_archive(text: str) -> bool:
    bare = text.split("#")[0].split("?")[0]
    return text.startswith(("https://", "http://")) and bare.lower().endswith(ARCHIVES)


def _git(text: str, rest: str) -> Git:
    """The repository of a text; `rest` is what follows `git:`."""
    if rest.startswith("file://"):
        return _git_file(text, rest)
    scp = re.fullmatch(rf"(?:([\w.-]+)@)({_HOST}):(?!//)(\S+)", rest, re.ASCII)
    if scp and "://" not in rest:
        path, ref = _path_and_ref(text, scp[3])
        return Git(text, f"{scp[1]}@{scp[2]}:{path[1]}", _host(text, scp[2]), path[0], ref)
    url = _URL.fullmatch(rest if "://" in rest else f"https://{rest}")
    if url is None:
        raise _bad_git(text)
    scheme, user, host, port, tail = url.groups()
    path, ref = _path_and_ref(text, tail)
    login = f"{user}@" if user else ""
    if login.startswith("-"):
        raise _bad_git(text)
    address = f"{scheme}://{login}{host}{port or ''}/{path[1]}"
    return Git(text, address, _host(text, host), path[0], ref)


def _git_file(text: str, rest: str) -> Git:
    path, ref = _path_and_ref(text, rest.removeprefix("file://").lstrip("/"), least=1)
    return Git(text, f"file:///{path[1]}", "file", path[0], ref)


def _host(text: str, host: str) -> str:
    if not re.fullmatch(_HOST, host, re.ASCII) or ".." in host:
        raise _bad_git(text)
    return host.strip("[]").replace(":", "-").lower()


def _path_and_ref(text: str, tail: str, least: int = 2) -> tuple[tuple[str, str], str]:
    """((name of the repository below its host, path as git is given it), ref)."""
    whole, at, ref = tail.partition("@")
    path = whole.strip("/")
    segments = path.split("/")
    if len(segments) < least or not all(re.fullmatch(_SEGMENT, each) for each in segments):
        raise _bad_git(text)
    if at and (
        not re.fullmatch(_REF, ref, re.ASCII) or ".." in ref or ref.endswith((".lock", "/"))
    ):
        raise SourceError(f"{public(text)}: what follows the @ is no branch, tag or commit")
    name = path.removesuffix(".git")
    return (name, path), ref


def _bad_git(text: str) -> SourceError:
    return SourceError(
        f"{public(text)}: expected git:HOST/USER/REPO, git:git@HOST:USER/REPO or a URL, with @REF "
        "after it or without"
    )
