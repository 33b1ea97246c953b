"""What is configured for a user in a folder: settings, models and keys, read before any choice."""

from __future__ import annotations

from pi import paths, settings
from pi.assembly.enlist import NO_CREW
from pi.assembly.placing import place_of
from pi.models.opening import open_models
from pi.resources.trust import APPROVALS, Trust, decide, gated
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.assembly.enlist import Crew, Enlisting, Muster
    from pi.flags import Arguments
    from pi.models.opening import Models
    from pi.resources.discover import Place
    from pi.settings import Settings


class _Found:
    """What a configuration was asked for and need not look up again."""

    place: Place | None = None


class Configuration(Value):
    """What is configured for a user in a folder: read once, before anything is chosen.

    `cwd` is where the program was started and what relative paths of flags are below. `project` is
    the folder that is worked in, whose settings count if it is trusted; a session may have brought
    another one. `approval` is the flag that decided about trust, None without one. `enlisting` is
    how extensions come in, `muster` what came in so far; None: there are to be none. `found` keeps
    what was looked up since.
    """

    environ: Mapping[str, str]
    cwd: str
    agent_dir: str
    settings: Settings
    models: Models
    project: str
    trust: Trust
    approval: str | None = None
    enlisting: Enlisting | None = None
    muster: Muster | None = None
    found: _Found | None = None

    @property
    def home(self) -> str:
        """The user's home."""
        return paths.home_dir(self.environ)

    @property
    def warnings(self) -> list[str]:
        """What was wrong in the configuration files, so far."""
        place = self.found and self.found.place
        packages = place and place.packages
        told = packages.problems if packages else ()
        return [*self.settings.warnings, *self.models.warnings, *told]

    @property
    def place(self) -> Place:
        """Where resources are looked for, with the packages in force; these are looked up when it
        is read for the first time. Raises PackageError for one of `-e` that cannot be had."""
        if self.found.place is None:
            self.found.place = _place(self)
        return self.found.place

    def crew(self) -> Crew:
        """The extensions; they are loaded when this is called for the first time."""
        return NO_CREW if self.muster is None else self.muster.crew(self.place)

    def reopened(self) -> Configuration:
        """The same, read again."""
        return open_configuration(self.environ, self.cwd, self.approval, self.enlisting)

    def in_project(self, project: str) -> Configuration:
        """The same for work in another folder; models and keys stay the objects they are."""
        if project == self.project:
            return self
        return _in_project(self, project)

    def apart(self) -> Configuration:
        """The same, with extensions of its own, for one more conversation."""
        if self.enlisting is None:
            return self
        return replace(self, muster=self.enlisting.muster(self.models))


def open_configuration(
    environ: Mapping[str, str],
    cwd: str,
    approval: str | None = None,
    enlisting: Enlisting | None = None,
) -> Configuration:
    """Read the configuration of a user, and of the project in `cwd` if it is trusted.

    `approval` is one of `pi.resources.trust.APPROVALS`, or None. Extensions take part only if they
    are enlisted. Broken files only give warnings.
    """
    agent_dir = paths.agent_dir(environ, cwd)
    models = open_models(agent_dir, environ)
    found = settings.load(agent_dir)
    trust = Trust(False, "undecided")
    bare = Configuration(environ, cwd, agent_dir, found, models, cwd, trust, approval, enlisting)
    return _in_project(bare, cwd)


def approval_of(arguments: Arguments) -> str | None:
    """What the flags say about trusting the project; the last one counts."""
    given = [name for name in arguments.values if name in APPROVALS]
    return given[-1] if given else None


def _in_project(bare: Configuration, project: str) -> Configuration:
    """A configuration for work in a folder: trust, settings and extensions follow from it."""
    enlisting = bare.enlisting
    muster = None if enlisting is None else enlisting.muster(bare.models)
    found = settings.load(bare.agent_dir)
    answer = None
    if muster is not None and bare.approval is None and gated(project, bare.home):
        untrusted = replace(bare, settings=found, project=project, trust=Trust(False, "undecided"))
        answer = muster.trusts(_place(untrusted))
    trust = decide(
        project,
        bare.agent_dir,
        bare.home,
        approval=bare.approval,
        default=found.get("defaultProjectTrust"),
        answer=answer,
    )
    found = found.with_project(project) if trust.is_trusted else found
    fields = {"settings": found, "project": project, "trust": trust, "muster": muster}
    return replace(bare, **fields, found=_Found())


def _place(configured: Configuration) -> Place:
    """Where resources are looked for; see `Configuration.place`."""
    enlisting, project = configured.enlisting, configured.project
    if enlisting is None:  # a library, a subcommand: nothing is installed by the way
        offline = {**configured.environ, "PI_OFFLINE": "1"}
        return place_of(replace(configured, environ=offline), (), project)
    stream, token = enlisting.face.stream, enlisting.token
    return place_of(configured, enlisting.named, project, stream, token)
