"""Which themes there are for a conversation, and which of them was chosen.

    themes, name = themes_of(place, arguments, briefing.theme_paths)
    themes.chosen(name, View("truecolor", reported, environ))

`--use-theme` goes before the setting `theme`; `--theme` adds to what is found, and `--no-themes`
leaves only that, and what extensions named.
"""

from __future__ import annotations

from pi.resources.theme import load_themes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.flags import Arguments
    from pi.resources.discover import Place
    from pi.resources.theme import Themes


def themes_of(place: Place, arguments: Arguments, more: Sequence[str] = ()) -> tuple[Themes, str]:
    """The themes of a place, and the name or pair of names that was chosen.

    `more` are paths that extensions named.
    """
    is_closed = bool(arguments.get("no-themes"))
    named = [*arguments.get("theme", ()), *more]
    setting = arguments.get("use-theme") or place.settings.get("theme")
    return load_themes(place, named, is_closed=is_closed), setting
