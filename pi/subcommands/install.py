"""`pi install`: fetch a package and declare it in the settings.

pi install npm:@acme/tools@1.2.3        for you; -l for the project
pi install --frozen                     exactly what the lock files say, for continuous integration
"""

from __future__ import annotations

from pi.errors import EXIT_OK, PackageError
from pi.packages import change
from pi.packages.site import PROJECT, USER, declared
from pi.packages.source import public
from pi.subcommands.desk import LOCAL_OPTIONS, TRUST_OPTIONS, Desk, one_word, options
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

USAGE = """\
pi install: add a package of extensions, skills, prompt templates and themes

Usage:
  pi install <source> [-l] [--approve|--no-approve]
  pi install --frozen [-l] [--approve|--no-approve]

Sources:
  npm:@scope/name@1.2.3            a package of the npm registry; a version, range or tag
  pypi:name==1.0                   a pure Python wheel
  git:host/user/repo@v1            a repository; also git:git@host:user/repo and whole URLs
  https://host/x.tgz               an archive: .tgz .tar.gz .zip .whl
  ./folder                         a folder, used where it is; a file is one extension

Options:
  -l, --local          For this project (.pi/settings.json) instead of for you
  --frozen             Install exactly what pi-lock.json says, and fail where anything differs
  -a, --approve        Trust this project's settings for this command
  -na, --no-approve    Ignore this project's settings for this command

Nothing of a package is run while it is installed. What would run later is listed first.
"""

_OPTIONS = {**LOCAL_OPTIONS, **TRUST_OPTIONS, "--frozen": ""}


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi install`; returns the exit status. Raises PiError."""
    given = options("install", words, _OPTIONS, USAGE)
    if given is None:
        return EXIT_OK
    if "--frozen" in given.options:
        if given.words:
            raise PackageError(
                f"Unexpected argument {shown(given.words[0])}: --frozen has no source"
            )
        with Desk(environ, cwd, given) as desk:
            return _frozen(desk)
    text = one_word("install", given)
    with Desk(environ, cwd, given) as desk:
        desk.say(f"Installing {public(text)}...")
        change.install(desk.stock, desk.scope, text, cwd, desk.show)
        if desk.scope == PROJECT:
            desk.keep_trust()
        desk.say(f"Installed {public(text)}")
    return EXIT_OK


def _frozen(desk: Desk) -> int:
    """Bring both scopes, or the project alone, to what their lock files say."""
    if desk.scope == PROJECT:
        desk.insist_on_trust()
    own = [] if desk.scope == PROJECT else [USER]
    scopes = [*own, *([PROJECT] if desk.site.is_trusted else [])]
    problems: list[str] = []
    found = declared(desk.configured.settings, problems)
    if problems:
        raise PackageError("; ".join(problems))
    fetched = []
    for scope in scopes:
        entries = [entry for entry in found if entry.scope == scope]
        fetched += change.freeze(desk.stock, scope, entries)
    if PROJECT in scopes:
        desk.keep_trust()
    for name in fetched:
        desk.say(f"Installed {name}")
    desk.say("Packages are as locked")
    return EXIT_OK
