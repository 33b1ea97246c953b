"""Versions and version specifiers of Python packages.

    version = parse("1.0rc1.post2+cu118")        Version; None if it is none
    wanted = parse_specifiers(">=1.2,!=1.5.*")   list of Specifier; None if it is no specifier
    accepts(wanted, version)
    best(wanted, ["1.0", "1.5.1", "2.0rc1"])     "1.0" etc.: the highest that fits

A version is [epoch!]release[{a|b|rc}N][.postN][.devN][+local]. Prereleases and development releases
are taken only where a specifier names one, or where nothing else fits.

Source: the specification "Version specifiers" (PEP 440). Known limit: `===` compares texts without
regard to case and to nothing else.
"""

from __future__ import annotations

import re
from functools import total_ordering

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 256

_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?"
    r"(?:-(?P<post_bare>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*",
    re.ASCII | re.IGNORECASE,
)
_SPECIFIER = re.compile(r"\s*(===|==|!=|<=|>=|~=|<|>)\s*([^\s,;()]+)\s*")
_PHASES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_LAST = (2,)  # after every tuple that begins with 0 or 1
_FIRST = (-1,)


@total_ordering
class Version:
    """A version; equal when only its spelling differs."""

    __slots__ = ("dev", "epoch", "local", "post", "pre", "release")

    def __init__(
        self,
        release: tuple[int, ...],
        *,
        epoch: int = 0,
        pre: tuple[str, int] | None = None,
        post: int | None = None,
        dev: int | None = None,
        local: str = "",
    ) -> None:
        self.release = release
        self.epoch = epoch
        self.pre = pre
        self.post = post
        self.dev = dev
        self.local = local

    @property
    def is_prerelease(self) -> bool:
        return self.pre is not None or self.dev is not None

    def public(self) -> Version:
        """The version without its local part."""
        return Version(self.release, epoch=self.epoch, pre=self.pre, post=self.post, dev=self.dev)

    def base(self) -> Version:
        """Only the epoch and the numbers."""
        return Version(self.release, epoch=self.epoch)

    def __str__(self) -> str:
        return "".join(
            (
                f"{self.epoch}!" if self.epoch else "",
                ".".join(map(str, self.release)),
                f"{self.pre[0]}{self.pre[1]}" if self.pre else "",
                f".post{self.post}" if self.post is not None else "",
                f".dev{self.dev}" if self.dev is not None else "",
                f"+{self.local}" if self.local else "",
            )
        )

    def __repr__(self) -> str:
        return f"Version({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        release = _trimmed(self.release)
        if self.pre is not None:
            pre: tuple[object, ...] = (0, *self.pre)
        else:
            is_bare_dev = self.post is None and self.dev is not None
            pre = _FIRST if is_bare_dev else _LAST  # 1.0.dev1 < 1.0a1 < 1.0
        post = -1 if self.post is None else self.post
        dev = (1, 0) if self.dev is None else (0, self.dev)
        parts = re.split(r"[-_.]", self.local) if self.local else []
        local = tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)
        return self.epoch, release, pre, post, dev, local


class Specifier(Value):
    """One condition: ">=", "1.2"."""

    sign: str
    text: str


def parse(text: str) -> Version | None:
    """The version a text stands for, None if it is none."""
    found = _VERSION.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    pre = found["pre"] and found["pre"].lower()
    post = found["post_bare"] or (found["post"] and (found["post_n"] or "0"))
    return Version(
        tuple(map(int, found["release"].split("."))),
        epoch=int(found["epoch"] or 0),
        pre=(_PHASES.get(pre, pre), int(found["pre_n"] or 0)) if pre else None,
        post=int(post) if post else None,
        dev=int(found["dev_n"] or 0) if found["dev"] else None,
        local=re.sub(r"[-_]", ".", (found["local"] or "").lower()),
    )


def parse_specifiers(text: str) -> list[Specifier] | None:
    """The conditions of a text, separated by commas; none for "". None if it is no such text."""
    found = []
    for part in text.split(","):
        match = _SPECIFIER.fullmatch(part)
        if match is None:
            if part.strip():
                return None
            continue
        if not _is_sound(*match.groups()):
            return None
        found.append(Specifier(*match.groups()))
    return found


def _is_sound(sign: str, text: str) -> bool:
    if sign == "===":
        return True
    version = parse(text.removesuffix(".*"))
    if version is None or (version.local and sign not in ("==", "!=")):
        return False
    if text.endswith(".*"):
        return sign in ("==", "!=") and version == version.base() and not version.local
    return sign != "~=" or len(version.release) > 1


def accepts(wanted: Iterable[Specifier], version: Version) -> bool:
    """Whether a version meets all conditions; prereleases are judged like any other."""
    return all(_holds(specifier, version) for specifier in wanted)


def best(wanted: Sequence[Specifier], versions: Iterable[str]) -> str | None:
    """The highest of `versions` that fits, as it is written there; releases before prereleases."""
    found = [(version, text) for text in versions if (version := parse(text)) is not None]
    fitting = [pair for pair in found if accepts(wanted, pair[0])]
    if not any(_names_prerelease(specifier) for specifier in wanted):
        fitting = [pair for pair in fitting if not pair[0].is_prerelease] or fitting
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _names_prerelease(specifier: Specifier) -> bool:
    version = parse(specifier.text.removesuffix(".*"))
    return specifier.sign not in ("!=", "<", ">") and bool(version and version.is_prerelease)


def _holds(specifier: Specifier, version: Version) -> bool:
    sign, text = specifier.sign, specifier.text
    if sign == "===":
        return str(version).lower() == text.lower()
    if text.endswith(".*"):
        return _starts_with(version, parse(text[:-2])) == (sign == "==")
    limit = parse(text)
    if sign in ("==", "!="):
        same = (version if limit.local else version.public()) == limit
        return same == (sign == "==")
    if sign == "~=":
        return version.public() >= limit and _starts_with(
            version, Version(limit.release[:-1], epoch=limit.epoch)
        )
    return _is_ordered(sign, version.public(), limit)


def _is_ordered(sign: str, version: Version, limit: Version) -> bool:
    if sign == ">=":
        return version >= limit
    if sign == "<=":
        return version <= limit
    if sign == "<":  # "<1.0" does not mean 1.0's own prereleases
        is_own = version.is_prerelease and limit == limit.base() == version.base()
        return version < limit and not is_own
    origin = Version(version.release, epoch=version.epoch, pre=version.pre)
    return version > limit and not (version.post is not None and origin == limit)


def _starts_with(version: Version, start: Version) -> bool:
    size = len(start.release)
    release = version.release + (0,) * max(0, size - len(version.release))
    return version.epoch == start.epoch and release[:size] == start.release


def _trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    return release
