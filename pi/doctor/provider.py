"""Which providers have a key and from where, which model a conversation begins with.

No key is looked at beyond its being there; no command that gives one is run.
"""

from __future__ import annotations

import time

from pi.errors import PiError
from pi.models import overlay
from pi.models.book import Book
from pi.models.catalog import Catalog
from pi.models.config import load
from pi.models.select import Want, choose
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.auth.resolve import Keys
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject
    from pi.models.opening import Models


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    models = silent(subject.configured.models, subject.agent_dir)
    found = [name for name in models.book.providers() if models.keys.source(name)]
    for name in found:
        _tell(name, models.keys, section)
    for line in models.warnings:
        section.problem(line, "correct the file; until then this part of it does not count")
    if not any(models.keys.usable(name) for name in found):
        section.problem(
            "no provider has a key",
            "store one with `pi auth login PROVIDER`, set a variable like ANTHROPIC_API_KEY, or "
            "start a local model server (--live looks for one)",
        )
        return
    _default(subject, models, section)


def silent(models: Models, agent_dir: str) -> Models:
    """The same models and keys, but local servers are not asked for theirs."""
    own, catalog = load(models.models_path), Catalog(overlay.reader(agent_dir))
    book = Book(own, catalog, has_key=models.keys.usable, extra=models.extra)
    return replace(models, book=book)


def _tell(name: str, keys: Keys, section: Section) -> None:
    lacks = keys.lacks(name)
    if lacks:
        section.problem(
            f"{name} has a key but also needs {' and '.join(lacks)}", f"set {' and '.join(lacks)}"
        )
    elif not keys.usable(name):
        section.problem(
            f"the key of {name} in {keys.source(name)} names a variable that is not set",
            "set the variable, or store another key with `pi auth login`",
        )
    else:
        source = keys.source(name) or ""
        others = [each for each in keys.variables_set(name) if each not in source]
        unused = f"; {' and '.join(others)} does not count" if others else ""
        section.fact("key", name, source + unused)
    login = keys.login(name)
    if login is not None and login["expires"] <= time.time() * 1000:
        section.problem(f"the login of {name} has expired", f"log in again: pi auth login {name}")


def _saved(subject: Subject) -> str:
    """The default model that the settings name, "" if they name none."""
    settings = subject.configured.settings
    provider, model = settings.get("defaultProvider"), settings.get("defaultModel")
    return f"{provider}/{model}" if provider and model else ""


def _default(subject: Subject, models: Models, section: Section) -> None:
    try:
        choice = choose(Want(), models, subject.configured.settings)
    except PiError as error:
        section.problem(str(error), "correct defaultProvider and defaultModel, or remove them")
        return
    for line in choice.warnings:
        section.warn(line, "correct the setting it names")
    if choice.model is None:
        section.problem("no model can be chosen", "name one: pi config set defaultModel ...")
        return
    name = f"{choice.model['provider']}/{choice.model['id']}"
    saved = _saved(subject)
    if saved and saved != name:
        section.warn(
            f"the settings name {saved} as the default, but {name} is used",
            "store a key for it, or correct the settings; known models: pi --list-models",
        )
    section.fact("default model", name, f"thinking {choice.thinking}")
    if not models.book.usable(choice.model["provider"]):
        section.problem(f"there is no key for {name}", "store one, or choose another defaultModel")
