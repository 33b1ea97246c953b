"""Python packages without pip: pure wheels and what they need, side by side in one folder.

    pypi = Pypi(fetch, ["https://pypi.example.com/simple/"], "no index is known")
    pypi.install(["markdown>=3"], "/pkg/vendor", token=token)      [Installed("markdown", ...), ...]
    pypi.restore(locked, folder, token=token)                      the same wheels again

The folder looks like a site-packages folder and replaces an older one as a whole. Nothing is built
and nothing is run: a package that is only there as sources or as machine code is an error.

Of each package the highest version is taken that everything found so far accepts. When something
found later does not, the choice is made anew with that in mind; what no version can satisfy is an
error that says who asks for what.

Known limits: extras are ignored, with a warning; requirements with an address (`name @ https://...`)
are an error; no version is tried below the highest that fits.
"""

from __future__ import annotations

import os

from pi.errors import PackageError
from pi.packages import integrity, pep440, requirement, swap, wheel
from pi.packages.installed import Candidate, Installed, Locked
from pi.packages.progress import Job, silent
from pi.packages.requirement import Requirement, normalised
from pi.packages.simple import Index, Wheel
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pi.cancel import CancelToken
    from pi.packages.fetch import Archive, Fetch
    from pi.packages.progress import Progress

MAX_ROUNDS = 20
MAX_WHEELS = 200


class Pypi:
    """Installs wheels into folders."""

    def __init__(self, fetch: Fetch, addresses: Sequence[str], unknown: str) -> None:
        self._index = Index(fetch, addresses, unknown)

    def resolve(self, text: str, *, token: CancelToken) -> Candidate:
        """What `install` would take now. Raises PackageError, Cancelled."""
        wanted = _parsed(text)
        found = _Choice(self._index, Job(token)).pick(normalised(wanted.name), [(wanted, "you")])
        return Candidate(wanted.name, found.version, found.yanked)

    def install(
        self,
        requirements: Sequence[str],
        folder: str,
        *,
        token: CancelToken,
        progress: Progress | None = None,
    ) -> list[Installed]:
        """Make the folder hold the packages that are asked for, and what they need.

        What was asked for comes first, in its order. When this fails the folder is as it was.
        Raises PackageError, Cancelled.
        """
        job = Job(token, progress or silent)
        with swap.in_place_of(folder, ", ".join(requirements)[:200]) as fresh:
            os.makedirs(fresh)
            choice = _Choice(self._index, job)
            order = choice.settle([_parsed(text) for text in requirements], fresh)
            found = [choice.unpacked(name, fresh) for name in order]
        self._index.fetch.tidy()
        return [
            Installed(
                entry.name,
                entry.version,
                folder,
                entry.integrity,
                entry.resolved,
                () if count else tuple(choice.warnings),
                tuple(found),
            )
            for count, entry in enumerate(found)
        ]

    def restore(
        self,
        locked: Sequence[Locked],
        folder: str,
        *,
        token: CancelToken,
        progress: Progress | None = None,
    ) -> list[Installed]:
        """Make the folder hold exactly these wheels; the index is not asked for versions.

        Raises PackageError, Cancelled.
        """
        job = Job(token, progress or silent)
        names = ", ".join(entry.name for entry in locked)
        with swap.in_place_of(folder, names[:200]) as fresh:
            os.makedirs(fresh)
            for entry in locked:
                self._put(entry, fresh, job)
        return [
            Installed(
                entry.name,
                entry.version,
                folder,
                entry.integrity,
                entry.resolved,
                (),
                tuple(locked),
            )
            for entry in locked
        ]

    def _put(self, entry: Locked, folder: str, job: Job) -> None:
        subject = f"{entry.name}@{entry.version}"
        expected = integrity.parse(entry.integrity)
        if not expected or wheel.parse(entry.place) is None:
            raise PackageError(f"the lock file has no usable hash and wheel for {subject}")
        archive = self._index.fetch.archive(entry.resolved, expected, subject, job)
        wheel.unpack(archive.path, folder, subject, job)


class _Choice:
    """The versions that are taken, and who asked for what."""

    def __init__(self, index: Index, job: Job) -> None:
        self.warnings: list[str] = []
        self._index = index
        self._job = job
        self._values = requirement.environment()
        self._archives: dict[str, Archive] = {}
        self._metadata: dict[str, wheel.Metadata] = {}
        self.chosen: dict[str, Wheel] = {}

    def settle(self, roots: Sequence[Requirement], fresh: str) -> list[str]:
        """Choose a version of everything; returns the names, what was asked for first."""
        self.warnings += [
            f"{root.name}[{','.join(root.extras)}]: extras are not installed; ask for what you need"
            for root in roots
            if root.extras
        ]
        asked: dict[str, list[tuple[Requirement, str]]] = {}
        for _ in range(MAX_ROUNDS):
            before, self.chosen = asked, {}
            asked, order = self._round(roots, before, fresh)
            if all(asked.get(name) == before.get(name) for name in asked):
                return order
        raise PackageError(
            f"{roots[0].name}: its dependencies contradict each other in circles: name exact "
            "versions of what you need"
        )

    def _round(
        self,
        roots: Sequence[Requirement],
        before: Mapping[str, list[tuple[Requirement, str]]],
        fresh: str,
    ) -> tuple[dict[str, list[tuple[Requirement, str]]], list[str]]:
        """Follow all requirements, choosing by what they and those of the round before say."""
        asked: dict[str, list[tuple[Requirement, str]]] = {}
        queue: list[tuple[Requirement, str]] = [(root, "you") for root in roots]
        order: list[str] = []
        for wanted, user in queue:
            name = normalised(wanted.name)
            asked.setdefault(name, []).append((wanted, user))
            if name in order:
                continue
            if len(order) >= MAX_WHEELS:
                raise PackageError(f"{order[0]}: it needs more than {MAX_WHEELS} packages: refused")
            order.append(name)
            self.chosen[name] = self.pick(name, before.get(name) or asked[name])
            needed = self._needed(name, fresh)
            queue += [(need, f"{name} {self.chosen[name].version}") for need in needed]
        return asked, order

    def pick(self, name: str, asked: Sequence[tuple[Requirement, str]]) -> Wheel:
        """The highest wheel that all accept. Raises PackageError, Cancelled."""
        self._job.tell("look up", name)
        listing = self._index.listing(name, self._job.token)
        specifiers = [spec for wanted, _ in asked for spec in wanted.specifiers]
        is_exact = any(spec.sign in ("==", "===") and "*" not in spec.text for spec in specifiers)
        usable = [found for found in listing.wheels if is_exact or not found.yanked]
        version = pep440.best(specifiers, [found.version for found in usable])
        if version is not None:
            return next(found for found in usable if found.version == version)
        who = "; ".join(sorted({f"{user} {_words(wanted)}" for wanted, user in asked}))
        if not listing.wheels:
            raise PackageError(
                f"{name}: {listing.place} has no wheel of pure Python for this Python "
                f"({listing.others} other files): pi builds nothing"
            )
        newest = pep440.best([], [found.version for found in usable]) or "taken back by its author"
        raise PackageError(f"{name}: no version fits all who ask ({who}); the newest is {newest}")

    def _needed(self, name: str, fresh: str) -> list[Requirement]:
        """What the chosen wheel asks for here."""
        found = self.chosen[name]
        if found.file_name not in self._metadata:
            subject = f"{name}@{found.version}"
            probe = os.path.join(fresh, swap.MARK + name)
            try:
                wheel.unpack(self._archive(found, subject).path, probe, subject, self._job)
                self._metadata[found.file_name] = wheel.read_metadata(probe, name)
            finally:
                swap.clear(probe)
        wanted = [requirement.parse(text) for text in self._metadata[found.file_name].requires]
        return [need for need in wanted if self._counts(need)]

    def _counts(self, need: Requirement) -> bool:
        if not requirement.holds(need.marker, self._values):
            return False
        if need.url:
            raise PackageError(
                f"{need.name}: it must come from an address of its own ({shown(need.url)[:100]}), "
                "which is not fetched"
            )
        return True

    def _archive(self, found: Wheel, subject: str) -> Archive:
        if found.file_name not in self._archives:
            self._archives[found.file_name] = self._index.fetch.archive(
                found.url, found.expected, subject, self._job
            )
        return self._archives[found.file_name]

    def unpacked(self, name: str, folder: str) -> Locked:
        """Put the chosen wheel into the folder."""
        found, subject = self.chosen[name], f"{name}@{self.chosen[name].version}"
        self._job.tell("install", subject)
        archive = self._archive(found, subject)
        if not found.expected:
            self.warnings.append(f"{subject}: the index gives no hash, so it was not checked")
        if found.yanked:
            self.warnings.append(f"{subject}: {shown(found.yanked)[:200]}")
        wheel.unpack(archive.path, folder, subject, self._job)
        return Locked(found.file_name, name, found.version, found.url, archive.digests.text())


def _parsed(text: str) -> Requirement:
    wanted = requirement.parse(text)
    if wanted.url:
        raise PackageError(f"{wanted.name}: give the address itself as the package's source")
    return wanted


def _words(wanted: Requirement) -> str:
    versions = ",".join(spec.sign + spec.text for spec in wanted.specifiers)
    return f"asks for {versions or 'any'}"
