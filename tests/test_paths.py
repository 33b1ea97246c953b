"""Where files are: variables, tildes, relative folders, missing homes."""

from __future__ import annotations

import os
import pwd

import pytest

from pi import paths

HOME = {"HOME": "/home/u"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (HOME, "/home/u/.pi/agent"),
        ({**HOME, "PI_CODING_AGENT_DIR": "/elsewhere"}, "/elsewhere"),
        ({**HOME, "PI_CODING_AGENT_DIR": "~/own/"}, "/home/u/own"),
        ({**HOME, "PI_CODING_AGENT_DIR": "~"}, "/home/u"),
        ({**HOME, "PI_CODING_AGENT_DIR": "rel/x"}, "/srv/rel/x"),
        ({**HOME, "PI_CODING_AGENT_DIR": ""}, "/home/u/.pi/agent"),
    ],
)
def test_agent_dir(environ, expected):
    assert paths.agent_dir(environ, "/srv") == expected


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}])
def test_a_missing_home_is_the_accounts(environ):
    assert paths.home_dir(environ) == (pwd.getpwuid(os.getuid()).pw_dir or "/")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("~", "/h"), ("~/a", "/h/a"), ("~other/a", "~other/a"), ("a~", "a~"), ("/x", "/x")],
)
def test_expand(path, expected):
    assert paths.expand(path, "/h") == expected


@pytest.mark.parametrize(
    ("flag", "variable", "setting", "expected"),
    [
        ("/f", "/v", "/s", "/f"),
        (None, "/v", "/s", "/v"),
        (None, "", "s", "/cwd/s"),
        (None, "~/v", None, "/home/u/v"),
        (None, None, "../s", "/s"),
        (None, None, None, None),
    ],
)
def test_flag_before_variable_before_setting(flag, variable, setting, expected):
    environ = HOME if variable is None else {**HOME, paths.SESSION_DIR_VARIABLE: variable}
    assert paths.custom_sessions_dir(environ, "/cwd", flag, setting) == expected


def test_upwards_begins_with_the_folder_and_ends_at_the_root():
    assert list(paths.upwards("/a/b")) == ["/a/b", "/a", "/"]
    assert list(paths.upwards("/")) == ["/"]


def test_the_files_of_an_agent_directory():
    names = [
        paths.settings_file("/a"),
        paths.auth_file("/a"),
        paths.models_file("/a"),
        paths.trust_file("/a"),
        paths.sessions_dir("/a"),
        paths.project_settings_file("/p"),
    ]
    assert names == [
        "/a/settings.json",
        "/a/auth.json",
        "/a/models.json",
        "/a/trust.json",
        "/a/sessions",
        "/p/.pi/settings.json",
    ]
