"""Which model a run starts with, and how much it thinks.

    choice = choose(Want(model="sonnet:high"), open_models(agent_dir, os.environ), settings)
    choice.model, choice.thinking       {...}, "high"
    choice.scoped                       what --models or enabledModels leave to cycle through
    choice.warnings                     lines for stderr
    choice.notice                       why a session does not go on with its own model

The first that applies decides: `--model`; the choice of `--models` or `enabledModels`, in which the
saved default comes first; the model of the session that is resumed; the saved default
(`defaultProvider`, `defaultModel`); the preferred model of the first provider with credentials; a
local server, if there are no credentials at all.
Source: the reference's cli and models pages, driven.
"""

from __future__ import annotations

from pi.errors import NoModelError, UsageError
from pi.models.added import is_virtual
from pi.models.catalog import FORMER_IDS
from pi.models.naming import Naming
from pi.models.server import SERVERS
from pi.providers.thinking import LEVELS, clamp
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.models.book import Book
    from pi.models.opening import Models
    from pi.models.scope import Scope, Scoped
    from pi.request import Model
    from pi.settings import Settings


NO_MODEL: Model = {
    "id": "unknown",
    "name": "unknown",
    "api": "unknown",
    "provider": "unknown",
    "baseUrl": "",
    "reasoning": False,
    "input": [],
    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
    "contextWindow": 0,
    "maxTokens": 0,
}
"""What stands where a model would, as long as none can be used; read only."""


class Want(Value):
    """What was asked for: flags as given, and what a session that goes on says.

    `models` are the patterns of `--models`. `session_model` is (provider, id) of a session with
    messages that answered or was chosen last, `session_choice` the one that was chosen, which holds
    if it is virtual; `session_thinking` its recorded level; `resumes` says that it has messages.
    `given` is a model to be used as it is, whatever else was asked for.
    """

    provider: str | None = None
    model: str | None = None
    models: Sequence[str] | None = None
    thinking: str | None = None
    api_key: str | None = None
    resumes: bool = False
    session_model: tuple[str, str] | None = None
    session_choice: tuple[str, str] | None = None
    session_thinking: str | None = None
    given: Model | None = None


class Choice(Value):
    """What a run starts with. `model` is None when nothing can be used."""

    model: Model | None
    thinking: str
    scoped: list[Scoped]
    warnings: list[str]
    notice: str | None = None


def choose(want: Want, models: Models, settings: Settings) -> Choice:
    """Choose model and thinking level. A key of `--api-key` is given to the keys of the run.

    Raises UsageError for flags that contradict each other, NoModelError for what does not exist.
    """
    return _Chooser(want, models, settings).choose()


def require(choice: Choice, models: Models) -> Model:
    """The chosen model, when it can be asked. Raises NoModelError with what to do if not."""
    check_usable(choice.model or NO_MODEL, models)
    return choice.model


def check_usable(model: Model, models: Models) -> None:
    """Raises NoModelError, with what to do, if a model is none or there are no credentials."""
    if model is NO_MODEL:
        raise NoModelError(no_model_message(models))
    if not models.book.usable(model["provider"]):
        models.keys.require(model["provider"])


def usable_book(models: Models) -> Book:
    """The models that can be used: with credentials, or on a local server.

    If there are no credentials at all, local servers are asked.
    """
    if not models.keys.any():
        models.book.discover()
    return models.book.among(models.book.usable)


def no_model_message(models: Models) -> str:
    """What to tell a user who has no model: every way to go on."""
    keyed = [name for name in models.book.providers() if models.keys.usable(name)]
    why = "there is no API key, and no local model server answers"
    if keyed:
        why = f"pi speaks none of the wire formats of {', '.join(keyed)} so far"
    return (
        f"No model can be used yet: {why}.\n"
        "Choose one of these ways:\n"
        "  1. Set the variable of a key, for example ANTHROPIC_API_KEY or OPENROUTER_API_KEY.\n"
        "  2. Store a key with `pi auth login <provider>` (inside pi: /login), or describe an\n"
        f"     endpoint in {models.models_path}.\n"
        "  3. Start a local server: Ollama, llama.cpp, vLLM, SGLang or LM Studio.\n"
        "To look around without any of them: pi --model demo"
    )


class _Chooser:
    def __init__(self, want: Want, models: Models, settings: Settings) -> None:
        self._want = want
        self._book = models.book
        self._keys = models.keys
        self._settings = settings
        self._warnings: list[str] = []
        self._notice: str | None = None

    def choose(self) -> Choice:
        asked = self._asked_level()
        scope = self._scope()
        model, level = self._by_flag(asked)
        if model is None and scope and not self._want.resumes:
            model, level = self._from_scope(scope)
        self._take_key(model)
        model = model or self._from_session() or self._default()
        thinking = self._thinking(model, asked or level)
        return Choice(model, thinking, scope.models if scope else [], self._warnings, self._notice)

    def _asked_level(self) -> str | None:
        level = self._want.thinking
        if level is None or level in LEVELS:
            return level
        known = ", ".join(LEVELS)
        self._warnings.append(
            f'--thinking "{level}" is no level and was ignored; levels are {known}'
        )
        return None

    def _by_flag(self, asked: str | None) -> tuple[Model | None, str | None]:
        want = self._want
        if want.given is not None:
            return want.given, None
        if want.provider and not want.model:
            raise UsageError(
                f"--provider needs --model: --provider {want.provider} --model PATTERN"
            )
        if not want.model:
            return None, None
        naming = Naming(
            self._book,
            self._keys,
            text=want.model,
            provider=want.provider,
            thinking=asked,
            has_own_key=bool(want.api_key),
        )
        found = naming.model()
        self._warnings += naming.warnings
        return found

    def _take_key(self, model: Model | None) -> None:
        if not self._want.api_key:
            return
        if model is None:
            raise UsageError("--api-key needs to know for which model: add --model or --models")
        self._keys.give(model["provider"], self._want.api_key)

    def _scope(self) -> Scope | None:
        patterns = self._want.models
        if patterns is None:
            patterns = self._settings.get("enabledModels")
        patterns = [pattern.strip() for pattern in patterns or () if pattern.strip()]
        if not patterns:
            return None
        from pi.models.scope import scope  # noqa: PLC0415 - only with --models or enabledModels

        found = scope(self._book.among(self._book.usable), patterns)
        self._warnings += found.warnings
        return found if found.models else None

    def _from_scope(self, scope: Scope) -> tuple[Model, str | None]:
        chosen = scope.find(self._saved()) or scope.models[0]
        return chosen.model, chosen.level

    def _saved(self) -> Model | None:
        provider = self._settings.get("defaultProvider")
        model_id = self._settings.get("defaultModel")
        return self._known(provider, model_id) if provider and model_id else None

    def _known(self, provider: str, model_id: str) -> Model | None:
        """A model pi can speak to, by exact provider and id; its local server is asked for it."""
        provider = FORMER_IDS.get(provider, provider)
        if provider in SERVERS and self._book.provider_named(provider) is None:
            self._book.discover(provider)
        model = self._book.find(provider, model_id)
        return model if model is not None and self._book.supports(model) else None

    def _from_session(self) -> Model | None:
        if not self._want.resumes or self._want.session_model is None:
            return None
        chosen = self._book.find(*self._want.session_choice) if self._want.session_choice else None
        if chosen is not None and is_virtual(chosen) and self._book.usable(chosen["provider"]):
            return chosen
        provider, model_id = self._want.session_model
        model = self._known(provider, model_id)
        if model is not None and self._book.usable(model["provider"]):
            return model
        why = "there is no key for it" if model else "it is not known here"
        self._notice = f"the session's model {provider}/{model_id} cannot be used: {why}"
        return None

    def _default(self) -> Model | None:
        model = self._first_usable()
        if model is None and not self._keys.any():
            self._book.discover()
            model = self._first_usable()
        if self._notice and model is not None:
            self._notice += f"; going on with {model['provider']}/{model['id']}"
        return model

    def _first_usable(self) -> Model | None:
        saved = self._saved()
        if saved is not None and self._book.usable(saved["provider"]):
            return saved
        usable = [provider for provider in self._book.providers() if self._book.usable(provider)]
        for provider in usable:
            preferred = self._book.default_of(provider)
            model = self._book.find(provider, preferred) if preferred else None
            if model is not None and self._book.supports(model):
                return model
        models = (model for provider in usable for model in self._book.models(provider))
        return next(models, None)

    def _thinking(self, model: Model | None, level: str | None) -> str:
        if model is None:
            return "off"
        if level is None and self._want.resumes:
            level = self._want.session_thinking or self._settings.get("defaultThinkingLevel")
        if level is None:
            levels = self._settings.get("modelThinkingLevels") or {}
            level = levels.get(f"{model['provider']}/{model['id']}")
        return clamp(model, level or self._settings.get("defaultThinkingLevel"))
