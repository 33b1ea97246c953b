"""What is configured for a user in a folder: settings, models and keys, read before any choice."""

from __future__ import annotations

from pi import paths, settings
from pi.models.opening import open_models
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.models.opening import Models
    from pi.settings import Settings


class Configuration(Value):
    """What is configured for a user in a folder: read once, before anything is chosen."""

    environ: Mapping[str, str]
    cwd: str
    agent_dir: str
    settings: Settings
    models: Models

    @property
    def warnings(self) -> list[str]:
        """What was wrong in the configuration files, so far."""
        return [*self.settings.warnings, *self.models.warnings]


def open_configuration(environ: Mapping[str, str], cwd: str) -> Configuration:
    """Read the user's configuration. Broken files only give warnings."""
    agent_dir = paths.agent_dir(environ, cwd)
    models = open_models(agent_dir, environ)
    return Configuration(environ, cwd, agent_dir, settings.load(agent_dir), models)
