"""The folders and files in force, and why these. What is in a file is told by other sections."""

from __future__ import annotations

import os
import stat

from pi import paths
from pi.models.config import load
from pi.paths import AGENT_DIR_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject


_OTHER = f"make it yours (chown, chmod u+rwx), or name another folder in {AGENT_DIR_VARIABLE}"


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    why = "HOME" if subject.environ.get("HOME") else "HOME is not set; from the account"
    section.fact("home", subject.home, why)
    chosen = bool(subject.environ.get(AGENT_DIR_VARIABLE))
    section.fact("agent folder", subject.agent_dir, AGENT_DIR_VARIABLE if chosen else "default")
    section.fact("working in", subject.cwd)
    if not _check_folder(subject.agent_dir, section):
        subject.closed = subject.agent_dir
        return
    agent = subject.agent_dir
    files = [paths.settings_file(agent), paths.models_file(agent), paths.auth_file(agent)]
    for path in [*files, paths.trust_file(agent)]:
        _check_file(path, os.path.basename(path), section)
    _check_file(paths.project_settings_file(subject.cwd), "project", section)


def _check_folder(path: str, section: Section) -> bool:
    """Tell what is wrong with the agent folder; whether it can be looked into."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        _check_parent(path, section)
        return True
    except OSError as error:
        section.problem(f"{path}: {error.strerror}; nothing in it counts", _OTHER)
        return False
    if not stat.S_ISDIR(found.st_mode):
        section.problem(f"{path} is no folder; nothing can be stored", _OTHER)
        return False
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        section.warn(f"others may write into {path}", f"chmod go-w {path}")
    if not os.access(path, os.R_OK | os.X_OK):
        section.problem(f"{path} cannot be read; nothing in it counts", _OTHER)
        return False
    if not os.access(path, os.W_OK):
        section.problem(f"{path} cannot be written to; nothing can be stored", _OTHER)
    return True


def _check_parent(path: str, section: Section) -> None:
    parent = next(folder for folder in paths.upwards(path) if os.path.lexists(folder))
    section.fact("agent folder", "it is not there yet", "made when something is stored")
    if not os.path.isdir(parent) or not os.access(parent, os.W_OK | os.X_OK):
        section.problem(
            f"{path} is not there and cannot be made in {parent}; nothing can be stored", _OTHER
        )


def _check_file(path: str, label: str, section: Section) -> None:
    try:
        found = os.stat(path)
    except OSError as error:
        is_missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        section.fact(label, path, "not there" if is_missing else str(error.strerror))
        return
    mode = stat.S_IMODE(found.st_mode)
    section.fact(label, path, f"{found.st_size} bytes, mode {mode:04o}")
    if mode & 0o077 and _holds_keys(path):
        section.warn(f"others may read {path}, which holds keys", f"chmod 600 {path}")
    elif mode & 0o022:
        section.warn(f"others may write to {path}", f"chmod go-w {path}")


def _holds_keys(path: str) -> bool:
    """Whether there are keys in a file, and not only the names of variables that have them."""
    if path.endswith("auth.json"):
        return True
    if not path.endswith("models.json"):
        return False
    keys = [entry.get("apiKey") for entry in load(path).entries.values()]
    return any(isinstance(key, str) and key[:1] not in ("$", "!", "") for key in keys)
