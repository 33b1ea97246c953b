"""What is configured for a user in a folder: settings, models and keys, read before any choice."""

from __future__ import annotations

from pi import paths, settings
from pi.models.opening import open_models
from pi.resources.trust import APPROVALS, Trust, decide
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.flags import Arguments
    from pi.models.opening import Models
    from pi.settings import Settings


class Configuration(Value):
    """What is configured for a user in a folder: read once, before anything is chosen.

    `cwd` is where the program was started and what relative paths of flags are below. `project` is
    the folder that is worked in, whose settings count if it is trusted; a session may have brought
    another one. `approval` is the flag that decided about trust, None without one.
    """

    environ: Mapping[str, str]
    cwd: str
    agent_dir: str
    settings: Settings
    models: Models
    project: str
    trust: Trust
    approval: str | None = None

    @property
    def home(self) -> str:
        """The user's home."""
        return paths.home_dir(self.environ)

    @property
    def warnings(self) -> list[str]:
        """What was wrong in the configuration files, so far."""
        return [*self.settings.warnings, *self.models.warnings]

    def reopened(self) -> Configuration:
        """The same, read again."""
        return open_configuration(self.environ, self.cwd, self.approval)

    def in_project(self, project: str) -> Configuration:
        """The same for work in another folder; models and keys stay the objects they are."""
        if project == self.project:
            return self
        found, trust = _settings(self.environ, self.agent_dir, project, self.approval)
        return replace(self, settings=found, project=project, trust=trust)


def open_configuration(
    environ: Mapping[str, str], cwd: str, approval: str | None = None
) -> Configuration:
    """Read the configuration of a user, and of the project in `cwd` if it is trusted.

    `approval` is one of `pi.resources.trust.APPROVALS`, or None. Broken files only give warnings.
    """
    agent_dir = paths.agent_dir(environ, cwd)
    models = open_models(agent_dir, environ)
    found, trust = _settings(environ, agent_dir, cwd, approval)
    return Configuration(environ, cwd, agent_dir, found, models, cwd, trust, approval)


def approval_of(arguments: Arguments) -> str | None:
    """What the flags say about trusting the project; the last one counts."""
    given = [name for name in arguments.values if name in APPROVALS]
    return given[-1] if given else None


def _settings(
    environ: Mapping[str, str], agent_dir: str, project: str, approval: str | None
) -> tuple[Settings, Trust]:
    found = settings.load(agent_dir)
    trust = decide(
        project,
        agent_dir,
        paths.home_dir(environ),
        approval=approval,
        default=found.get("defaultProjectTrust"),
    )
    return (found.with_project(project) if trust.is_trusted else found), trust
