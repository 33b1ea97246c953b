"""Where pi keeps its files. Pure: the environment and the working directory are handed in.

    agent = agent_dir(os.environ)             "/home/u/.pi/agent"
    settings_file(agent)                      "/home/u/.pi/agent/settings.json"
    project_settings_file("/home/u/app")      "/home/u/app/.pi/settings.json"
    expand("~/x", home_dir(os.environ))       "/home/u/x"

PI_CODING_AGENT_DIR moves the agent directory, PI_CODING_AGENT_SESSION_DIR the session files.
Source: the reference's configuration and environment-variables pages.
"""

from __future__ import annotations

import os.path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AGENT_DIR_VARIABLE = "PI_CODING_AGENT_DIR"
SESSION_DIR_VARIABLE = "PI_CODING_AGENT_SESSION_DIR"
PROJECT_FOLDER = ".pi"


def home_dir(environ: Mapping[str, str]) -> str:
    """The user's home: HOME, or what the account says when HOME is missing or empty."""
    return environ.get("HOME") or _account_home()


def expand(path: str, home: str) -> str:
    """`path` with a leading `~` or `~/` replaced by `home`; `~name` is left alone."""
    if path == "~":
        return home
    return os.path.join(home, path[2:]) if path.startswith("~/") else path


def absolute(path: str, base: str, home: str) -> str:
    """`path` expanded, joined to `base` if it is relative, without `.` and `..` parts."""
    return os.path.normpath(os.path.join(base, expand(path, home)))


def listed(entry: str, base: str, home: str) -> str:
    """The path that an entry of a list in settings, or an option, stands for; `base` as above."""
    return absolute(entry.strip().replace("\0", ""), base, home)


def upwards(folder: str) -> Iterator[str]:
    """A folder and all above it, the filesystem's root last."""
    yield folder
    while (parent := os.path.dirname(folder)) != folder:
        yield parent
        folder = parent


def agent_dir(environ: Mapping[str, str], cwd: str = "") -> str:
    """The agent directory: PI_CODING_AGENT_DIR or `~/.pi/agent`. A relative one is below `cwd`."""
    home = home_dir(environ)
    chosen = environ.get(AGENT_DIR_VARIABLE)
    return absolute(chosen, cwd, home) if chosen else os.path.join(home, ".pi", "agent")


def sessions_dir(agent: str) -> str:
    """Where sessions are kept by default: one folder below it per working directory."""
    return os.path.join(agent, "sessions")


def custom_sessions_dir(
    environ: Mapping[str, str], cwd: str, flag: str | None = None, setting: str | None = None
) -> str | None:
    """The session folder somebody chose; None: nobody did, so `sessions_dir` holds.

    The first of `--session-dir`, PI_CODING_AGENT_SESSION_DIR and the `sessionDir` setting that is
    not empty. A relative one is below `cwd`. Files lie flat in it.
    """
    chosen = flag or environ.get(SESSION_DIR_VARIABLE) or setting
    return absolute(chosen, cwd, home_dir(environ)) if chosen else None


def settings_file(agent: str) -> str:
    """The user's settings."""
    return os.path.join(agent, "settings.json")


def project_settings_file(project: str) -> str:
    """A project's settings; read only when the project is trusted."""
    return os.path.join(project, PROJECT_FOLDER, "settings.json")


def auth_file(agent: str) -> str:
    """Stored keys and logins, mode 0600."""
    return os.path.join(agent, "auth.json")


def models_file(agent: str) -> str:
    """The user's own endpoints and models, and changes to known ones."""
    return os.path.join(agent, "models.json")


def trust_file(agent: str) -> str:
    """Which projects the user trusts."""
    return os.path.join(agent, "trust.json")


def _account_home() -> str:
    try:
        import pwd  # noqa: PLC0415 - only without HOME
    except ImportError:
        return "/"
    try:
        return pwd.getpwuid(os.getuid()).pw_dir or "/"
    except KeyError:  # a container's user without an account
        return "/"
