"""What extensions may know and note about the session."""

from __future__ import annotations

import copy

from pi.agent import adjust
from pi.events import EntryAppended
from pi.extensions.view import SessionView
from pi.hosting.bound import Bound
from pi.text.unicode import clean_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.theme.theme import Theme


class Knowing(Bound):
    """The session, its names and labels, settings."""

    _theme: Theme | None = None
    _theme_paths: tuple[str, ...] = ()

    def session(self) -> SessionView:
        """A read-only view of the session."""
        return SessionView(self.harness.session)

    def append_entry(self, custom_type: str, data: Any) -> str:
        """Store an entry that no model sees; returns its id."""
        entry = self.harness.session.append_custom(custom_type, clean_json(data))
        self.agent.emit(EntryAppended(entry))
        return entry["id"]

    def set_session_name(self, name: str) -> None:
        """Set the display name."""
        adjust.set_name(self.agent, name)

    def get_session_name(self) -> str | None:
        """The display name."""
        return self.harness.session.name()

    def set_label(self, entry_id: str, label: str | None) -> None:
        """Set or, with None, remove the label of an entry."""
        self.harness.session.set_label(entry_id, label)

    def get_settings(self) -> dict[str, Any]:
        """A copy of the settings that count."""
        return copy.deepcopy(self.place.settings.data)

    def theme(self) -> Theme:
        """The chosen theme, for a terminal like that of the environment."""
        paths = tuple(self.conversation.briefing.theme_paths)
        if self._theme is None or self._theme_paths != paths:
            from pi.assembly.theming import themes_of  # noqa: PLC0415
            from pi.resources.theme import View  # noqa: PLC0415 - only with such an extension
            from pi.theme.depth import depth  # noqa: PLC0415

            themes, name = themes_of(self.place, self.agent.arguments, paths)
            environ = self.agent.configured.environ
            true_color = self.place.settings.get("terminal.trueColor")
            view = View(depth(environ, true_color=true_color), environ=environ)
            self._theme, self._theme_paths = themes.chosen(name, view)[0], paths
        return self._theme
