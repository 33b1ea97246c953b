"""How requests would travel: TLS, certificates, proxies, the clock. Nothing is sent."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from pi.doctor.provider import silent
from pi.errors import PiError
from pi.transport.proxy import SOURCES
from pi.transport.survey import survey, way

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject
    from pi.transport.survey import Tls

EARLIEST_S = 1_767_225_600  # 2026-01-01; this program did not exist before
LATEST_S = EARLIEST_S + 30 * 365 * 86_400
"""A clock outside of these is wrong: certificates would not be valid by it."""

_EXCEPTIONS = ("no_proxy", "NO_PROXY")
_MOST_FILES = 6


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    _clock(section, time.time())
    if subject.environ.get("PI_OFFLINE", "").lower() in ("1", "true", "yes"):
        section.fact("PI_OFFLINE", "set", "no network but the model itself")
    _tls(survey(subject.environ), section)
    _proxies(subject, section)


def _clock(section: Section, now_s: float) -> None:
    section.fact("clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s)))
    if not EARLIEST_S <= now_s <= LATEST_S:
        section.problem(
            "the clock of this machine is wrong, so certificates and logins seem invalid",
            "set the clock",
        )


def _tls(found: Tls, section: Section) -> None:
    section.fact("TLS", found.library)
    for source, path in found.roots.files[:_MOST_FILES]:
        section.fact("authorities", path, f"from {source}")
    for folder in found.roots.folders[:_MOST_FILES]:
        section.fact("authorities", folder, "a folder, looked up as needed")
    if found.certificates:
        section.fact("certificates", f"{found.certificates} from files")
    if found.trouble:
        section.problem(found.trouble, "until then no https server can be trusted")


def _proxies(subject: Subject, section: Section) -> None:
    setting = subject.configured.settings.get("httpProxy")
    named = {name for names in SOURCES.values() for name in names if subject.environ.get(name)}
    for name in [*sorted(named), *(["httpProxy"] if setting else [])]:
        section.fact("proxy", name, "the setting" if name == "httpProxy" else "the variable")
    for name in _EXCEPTIONS:
        if subject.environ.get(name):
            section.fact("exceptions", subject.environ[name], name)
    for host, names in _hosts(subject).items():
        try:
            found = way(f"{host}/", subject.environ, setting)
        except PiError as error:
            section.problem(f"{', '.join(names)}: {error}", "correct it; nothing can be sent there")
            continue
        section.fact("reached", f"{host} {found}", ", ".join(names))


def _hosts(subject: Subject) -> dict[str, list[str]]:
    """Scheme and host of the providers that can be asked -> their names."""
    book = silent(subject.configured.models, subject.agent_dir).book
    hosts: dict[str, list[str]] = {}
    for name in book.providers():
        if not book.usable(name):
            continue
        for model in book.models(name)[:1]:
            parts = urlsplit(model.get("baseUrl") or "")
            if parts.scheme in SOURCES and parts.hostname:
                place = parts.netloc.rpartition("@")[2]
                hosts.setdefault(f"{parts.scheme}://{place}", []).append(name)
    return hosts
