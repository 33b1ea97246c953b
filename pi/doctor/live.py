"""Asking providers whether they can be used: one short request each, on request only.

What is sent is one message, "Say ok.", to the model that is used by default, or the one that is
usual at the provider, with a short answer; it goes the way of every request: key, proxy,
certificates, stream.
Local model servers are asked for their models, which costs nothing.
"""

from __future__ import annotations

from pi import runtime
from pi.auth.apply import authoriser, locator
from pi.cancel import CancelToken
from pi.client import Client
from pi.doctor.provider import silent
from pi.events import Done, Failed
from pi.messages import user_message
from pi.models.local import find
from pi.models.server import SERVERS
from pi.providers.thinking import clamp
from pi.request import Options
from pi.transport import Limits, Transport
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject
    from pi.models.opening import Models
    from pi.request import Model
    from pi.settings import Settings

QUESTION = "Say ok."
MOST_TOKENS = 16
"""Of the answer; less is refused by some providers."""

THOUGHT_TOKENS = 2048
"""The same for a model that cannot but think."""

LIMITS = Limits(connect_s=10.0, first_byte_s=20.0, idle_s=20.0)
_LOCAL_S = 1.0


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    models = silent(subject.configured.models, subject.agent_dir)
    models = replace(models, keys=subject.configured.models.keys)
    wanted = _wanted(subject, models, section)
    section.fact("sent", f'one message, "{QUESTION}"', f"to {len(wanted)} providers")
    transport = Transport(
        environ=subject.environ,
        proxy=subject.configured.settings.get("httpProxy"),
        user_agent=runtime.user_agent(),
    )
    client = Client(
        transport, authoriser(models.keys, transport), locate=locator(models.keys), limits=LIMITS
    )
    client.codec_of = models.codec_of
    try:
        for name in wanted:
            _ask(name, subject, models, client, section)
    finally:
        transport.close()
    _servers(subject, section)


def _wanted(subject: Subject, models: Models, section: Section) -> list[str]:
    """The providers to ask: those that were named, else all that have a key."""
    known = models.book.providers()
    if not subject.live:
        return [name for name in known if models.book.usable(name) and name not in SERVERS]
    found = []
    for text in subject.live:
        name = models.book.provider_named(text)
        if text in SERVERS or name in SERVERS:
            continue  # asked for its models below
        if name is None:
            section.problem(
                f"there is no provider {text}", f"there are: {', '.join(sorted(known))}"
            )
        else:
            found.append(name)
    return found


def _ask(name: str, subject: Subject, models: Models, client: Client, section: Section) -> None:
    model = usual(name, models, subject.configured.settings)
    if model is None:
        section.problem(f"{name} has no model that pi can ask", "see pi --list-models")
        return
    subject.tell(f"asking {name} ...")
    final: Done | Failed | None = None
    for event in client.stream(model, [user_message(QUESTION, 0)], _options(model), CancelToken()):
        if isinstance(event, (Done, Failed)):
            final = event
    if isinstance(final, Done):
        section.fact(name, "answers", f"{model['id']}, {_spent(final)}")
    elif final is not None:
        why = final.message.get("errorMessage") or "no reason is known"
        section.problem(f"{name}: {why}", f"{model['id']} was asked; what failed is named above")


def _options(model: Model) -> Options:
    level = clamp(model, "off")
    most = MOST_TOKENS if level == "off" else THOUGHT_TOKENS
    return Options(thinking=level, max_tokens=most, cache="none")


def usual(provider: str, models: Models, settings: Settings) -> Model | None:
    """The model of a provider that the settings name, or the provider's usual one, or any."""
    known = models.book.models(provider)
    wanted = [models.book.default_of(provider)]
    if settings.get("defaultProvider") == provider:
        wanted.insert(0, settings.get("defaultModel"))
    by_id = {model["id"]: model for model in known}
    found = (by_id[name] for name in wanted if name in by_id)
    return next(found, next(iter(known), None))


def _spent(final: Done) -> str:
    usage = final.message.get("usage") or {}
    cost = (usage.get("cost") or {}).get("total") or 0
    milliseconds = final.message.get("durationMs") or 0
    return f"{usage.get('totalTokens', 0)} tokens, ${cost:.6f}, {milliseconds} ms"


def _servers(subject: Subject, section: Section) -> None:
    """Which local model servers answer."""
    names = [name for name in SERVERS if not subject.live or name in subject.live]
    for name in names:
        found = find(subject.environ, name, time_s=_LOCAL_S)
        if found:
            section.fact(name, f"answers with {len(found)} models", str(found[0].get("baseUrl")))
        elif subject.live:
            section.problem(
                f"no {SERVERS[name].title} server answers",
                f"start it, or set {SERVERS[name].variable}",
            )
