"""What an extension may add to the models: a provider (`Added`), a virtual model (`Virtual`)."""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.request import Model

VIRTUAL_API = "pi-virtual"
"""The wire format of virtual models: none, since they are never asked themselves."""


class Added(Value):
    """A provider of an extension.

    `entry` is valid as one of `models.json`; with `replaces` its models are all there are.
    `refresh(context)` gives newer ones, `stream(model, context, options, token)` answers requests
    in place of a wire format. `source` is the extension.
    """

    entry: dict[str, Any]
    replaces: bool
    source: str
    refresh: Callable[..., Any] | None = None
    stream: Callable[..., Any] | None = None

    @property
    def is_free(self) -> bool:
        """Whether it can be asked without a key: it answers itself and names none."""
        return self.stream is not None and not self.entry.get("apiKey")


class Virtual(Value):
    """A virtual model: its row in the catalogue, and `route(request)`, which picks a real one."""

    model: Model
    route: Callable[[Any], Any]
    source: str


def is_virtual(model: Model) -> bool:
    """Whether a model only sends requests to others."""
    return model.get("api") == VIRTUAL_API
