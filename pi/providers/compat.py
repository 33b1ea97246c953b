"""What a model says itself about how its service differs: its `compat` switches."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.request import Model


def own_switches(model: Model, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The switches a model sets, of those in `defaults`.

    A value of another type than the switch has counts as not said; unknown keys are passed over.
    """
    own = model.get("compat")
    if not isinstance(own, dict):
        return {}
    return {key: own[key] for key, usual in defaults.items() if type(own.get(key)) is type(usual)}
