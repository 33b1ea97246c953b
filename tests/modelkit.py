"""A small catalogue and agent directory for tests of models and keys.

    kit = Kit(tmp_path, own={"providers": ...}, stored={...auth.json...}, environ={"ALPHA_KEY": ""})
    kit.models           what open_models gives, over the small catalogue below
    kit.reads            names of the data files that were read, in order
    kit.choose(model="one").model

Providers: alpha (ALPHA_KEY, prefers a-large), beta (BETA_TOKEN as bearer, or BETA_KEY), gamma
(needs GAMMA_ACCOUNT too), delta (speaks a wire format pi does not know).
"""

from __future__ import annotations

import json

from pi.auth.resolve import Keys
from pi.auth.value import Values
from pi.models import config
from pi.models.book import Book
from pi.models.catalog import Catalog
from pi.models.extra import Extra
from pi.models.opening import Models
from pi.models.refresh import Refresher
from pi.models.select import Choice, Want, choose
from pi.settings import Settings, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from pi.request import Model

PROVIDERS: dict[str, Any] = {
    "alpha": {"name": "Alpha", "default": "a-large", "keys": [["ALPHA_KEY", "api_key"]]},
    "beta": {
        "name": "Beta",
        "default": "shared",
        "keys": [["BETA_TOKEN", "bearer"], ["BETA_KEY", "api_key"]],
    },
    "gamma": {
        "name": "Gamma",
        "default": "g-one",
        "keys": [["GAMMA_KEY", "bearer"]],
        "needs": ["GAMMA_ACCOUNT"],
        "header": "x-gamma-auth",
    },
    "delta": {"name": "Delta", "default": "d-one", "keys": [["DELTA_KEY", "api_key"]]},
}
PRICE = {"input": 1, "output": 2, "cacheRead": 0.1, "cacheWrite": 1.25}


def row(model_id: str, name: str = "", **fields: Any) -> dict[str, Any]:
    """A line of a catalogue file."""
    return {
        "id": model_id,
        "name": name or model_id,
        "reasoning": False,
        "contextWindow": 100_000,
        "maxTokens": 8192,
        "cost": PRICE,
        **fields,
    }


MODELS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "alpha": (
        {
            "type": "chat",
            "api": "openai-completions",
            "baseUrl": "https://alpha/v1",
            "input": ["text"],
        },
        [
            row("a-large", "Alpha Large", reasoning=True, compat={"supportsStore": False}),
            row("a-small", "Alpha Small", input=["text", "image"]),
            row("a-small-20250101", "Alpha Small Old"),
            row("shared"),
        ],
    ),
    "beta": (
        {"type": "chat", "api": "anthropic-messages", "baseUrl": "https://beta", "input": ["text"]},
        [
            row("alpha/a-small", "Alpha's at Beta"),
            row("shared"),
            row("b:high", "Colon"),
            row("delta/smoke", "Smoke at Beta"),
        ],
    ),
    "gamma": (
        {
            "type": "chat",
            "api": "openai-completions",
            "baseUrl": "https://gamma/{GAMMA_ACCOUNT}/v1",
            "input": ["text"],
        },
        [row("g-one", headers={"X-Fixed": "1"}), row("delta/smoke", "Smoke at Gamma")],
    ),
    "delta": (
        {"type": "chat", "api": "smoke-signals", "baseUrl": "https://delta", "input": ["text"]},
        [row("d-one"), row("d-only"), row("smoke")],
    ),
}


def data_files() -> dict[str, bytes]:
    """The catalogue's files, as `pi/data` would hold them."""
    files = {"providers.json": json.dumps(PROVIDERS).encode()}
    for provider, (defaults, rows) in MODELS.items():
        head = json.dumps({"defaults": defaults}, separators=(",", ":"))[:-1]
        lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in rows)
        files[f"models/{provider}.json"] = f'{head},"models":[\n{lines}\n]}}\n'.encode()
    return files


class Kit:
    """See the module's head. `local` are models that local servers would offer."""

    def __init__(
        self,
        folder: Path,
        *,
        own: Any = None,
        stored: Any = None,
        settings: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        local: list[Model] | None = None,
    ) -> None:
        self.folder = folder
        self.reads: list[str] = []
        self.probes: list[str | None] = []
        self.commands: list[str] = []
        self.outputs: dict[str, str | None] = {}
        self._files = data_files()
        self._local = local or []
        for name, value in (("models", own), ("auth", stored), ("settings", settings)):
            if value is not None:
                text = value if isinstance(value, str) else json.dumps(value)
                (folder / f"{name}.json").write_text(text, "utf-8")
        self.settings: Settings = load(str(folder))
        self.values = Values(environ or {}, self._run)
        self.catalog = Catalog(self._read)
        entries = config.load(str(folder / "models.json"))
        self.extra = Extra(self.catalog, entries)
        auth_path = str(folder / "auth.json")
        more = {"extra": self.extra, "now_ms": lambda: 1000}
        self.keys = Keys(auth_path, entries, self.catalog, self.values, **more)
        self.extra.refresh_with(Refresher(self.extra, self.keys, environ or {}, time_s=0.5))
        probe, usable = self._probe, self.keys.usable
        self.book = Book(entries, self.catalog, has_key=usable, probe=probe, extra=self.extra)
        self.models = Models(self.book, self.keys, str(folder / "models.json"), self.extra)

    def choose(self, **want: Any) -> Choice:
        """What would be chosen for the flags of a `Want`."""
        return choose(Want(**want), self.models, self.settings)

    def name(self, **want: Any) -> str:
        """The choice as "provider/id:level", or "none"."""
        choice = self.choose(**want)
        if choice.model is None:
            return "none"
        return f"{choice.model['provider']}/{choice.model['id']}:{choice.thinking}"

    def _read(self, name: str) -> bytes:
        self.reads.append(name)
        if name not in self._files:
            raise FileNotFoundError(2, "no such data file", name)
        return self._files[name]

    def _run(self, command: str) -> str | None:
        self.commands.append(command)
        return self.outputs.get(command)

    def _probe(self, only: str | None) -> list[Model]:
        self.probes.append(only)
        return [model for model in self._local if only in (None, model["provider"])]
