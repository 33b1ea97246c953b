"""npm's configuration."""

from __future__ import annotations

import base64
import os

import pytest

from pi.packages.npmrc import load, parse


@pytest.fixture
def home(tmp_path):
    return tmp_path


def config(home, text="", project=None, **environ):
    (home / ".npmrc").write_text(text)
    project_dir = None
    if project is not None:
        project_dir = str(home / "project")
        os.makedirs(project_dir, exist_ok=True)
        (home / "project/.npmrc").write_text(project)
    return load(
        {"HOME": str(home), "PATH": "", "PREFIX": str(home / "none"), **environ}, project_dir
    )


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("registry=https://r/", "registry", "https://r/"),
        ("  registry  =  https://r/  ", "registry", "https://r/"),
        ("\ufeffregistry=https://r/", "registry", "https://r/"),
        ("a = 'single; #quoted'", "a", "single; #quoted"),
        ('a = "double\\nquoted"', "a", "double\nquoted"),
        ("a = b ; comment", "a", "b"),
        ("a = b#comment", "a", "b"),
        (r"a = b\;c\#d\\e", "a", r"b;c#d\e"),
        ("a=b=c==", "a", "b=c=="),
        ("a", "a", "true"),
        ("a=${X}/y${X}", "a", "ex/yex"),
        ("a=${NO?}!", "a", "!"),
        (r"a=\${X}", "a", "${X}"),
        ("${X}=1", "ex", "1"),
        ("a=$X", "a", "$X"),
        ("; a=b", "a", None),
        ("# a=b", "a", None),
        ("[section]\na=b", "a", None),
        ("a=null", "a", None),
        ("a=", "a", None),
        ("a=1\na=2", "a", "2"),
        ("a[]=1\na[]=2", "a", "2"),
    ],
)
def test_lines(home, line, key, value):
    found = config(home, line, X="ex")
    assert (found.get(key), found.warnings) == (value, [])


def test_lists_keep_all_their_values(home):
    assert config(home, 'ca[]="one"\nca[]="two"').found("ca") == (
        str(home / ".npmrc"),
        ["one", "two"],
    )


def test_a_variable_that_is_not_set_costs_its_line_and_a_warning(home):
    found = config(home, "a=1\n//r/:_authToken=${MY_TOKEN}\nb=2")
    assert (found.get("a"), found.get("b"), found.authorization("https://r/x")) == ("1", "2", "")
    assert found.warnings == [
        f"{home}/.npmrc, line 2: MY_TOKEN is not set in the environment; line ignored"
    ]


def test_who_goes_first(home):
    (home / "other").write_text("from=other\nglobal=no\nuser=yes")
    (home / "etc").mkdir()
    (home / "etc/npmrc").write_text("from=global\nglobal=yes\nlast=1")
    told = {"PREFIX": str(home)}
    assert config(home, "from=user\nglobal=no", **told).get("last") == "1"
    assert config(home, "from=user", "from=project", **told).get("from") == "project"
    assert config(home, "from=user", **told).get("from") == "user"
    assert config(home, "", **told).get("global") == "yes"
    environ = {"npm_config_from": "environment", "NPM_CONFIG_USERCONFIG": str(home / "other")}
    found = config(home, "user=no", "from=project", **told, **environ)
    assert (found.get("from"), found.get("user"), found.get("last")) == ("environment", "yes", "1")
    assert config(home, npm_config_from="").get("from") is None


def test_names_of_variables(home):
    found = config(
        home,
        NPM_CONFIG_STRICT_SSL="x",
        npm_config_https_proxy="http://p",
        **{"npm_config_@scope:registry": "https://s", "npm_config_//r/:_authToken": "tok"},
    )
    assert found.get("strict-ssl") == "x"
    assert found.get("https-proxy") == "http://p"
    assert found.registry_for("@scope/x") == "https://s/"
    assert found.authorization("https://r/x") == "Bearer tok"


def test_registries(home):
    found = config(home, "registry=https://all\n@a:registry=https://a.org/npm")
    assert found.registry_for("x") == "https://all/"
    assert found.registry_for("@a/x") == "https://a.org/npm/"
    assert found.registry_for("@b/x") == "https://all/"
    assert found.registry_for("@b/x", "https://setting/") == "https://setting/"
    assert found.registry_for("@a/x", "https://setting/") == "https://a.org/npm/"
    assert config(home).registry_for("x") is None


BASIC = "Basic " + base64.b64encode(b"me:pa:ss").decode()


@pytest.mark.parametrize(
    ("text", "url", "header"),
    [
        ("//r.org/:_authToken=t", "https://r.org/x", "Bearer t"),
        ("//r.org/:_authToken=t", "http://R.org/a/b?c", "Bearer t"),
        ("//r.org/:_authToken=t", "https://r.org:8443/x", ""),
        ("//r.org/:_authToken=t", "https://r.org.evil.org/x", ""),
        ("//r.org/:_authToken=t", "https://evil.org/r.org/x", ""),
        ("//r.org/a/:_authToken=t", "https://r.org/a/b/c", "Bearer t"),
        ("//r.org/a/:_authToken=t", "https://r.org/a", "Bearer t"),
        ("//r.org/a:_authToken=t", "https://r.org/a/b", "Bearer t"),
        ("//R.org/a/:_authToken=t", "https://r.org/a/b", "Bearer t"),
        ("//r.org/a/:_authToken=t", "https://r.org/ab/c", ""),
        ("//r.org/a/:_authToken=t", "https://r.org/b", ""),
        ("//r.org/a/:_authToken=t", "https://r.org/a/../b", ""),
        ("//r.org/a/:_authToken=t", "https://r.org/a/%2E%2e/b", ""),
        ("//r.org/a/:_authToken=t", "https://r.org/a/..", ""),
        ("//r.org/a/:_authToken=t\n//r.org/:_authToken=u", "https://r.org/a/b", "Bearer t"),
        ("//r.org/a/:_authToken=t\n//r.org/:_authToken=u", "https://r.org/c", "Bearer u"),
        ("//r.org/:_auth=bWU=", "https://r.org/x", "Basic bWU="),
        ("//r.org/:username=me\n//r.org/:_password=cGE6c3M=", "https://r.org/x", BASIC),
        ("//r.org/:username=me", "https://r.org/x", ""),
        ("//localhost:4873/:_authToken=t", "http://localhost:4873/x", "Bearer t"),
        ("//[::1]:4873/:_authToken=t", "http://[::1]:4873/x", "Bearer t"),
        ("registry=https://r.org/n/\n_authToken=t", "https://r.org/n/x", "Bearer t"),
        ("registry=https://r.org/n/\n_authToken=t", "https://r.org/x", ""),
        ("registry=https://r.org/n/\n_authToken=t", "https://other.org/n/x", ""),
        ("_authToken=t", "https://r.org/x", ""),
    ],
)
def test_credentials_belong_to_places(home, text, url, header):
    assert config(home, text).authorization(url) == header


def test_what_is_wrong_is_told_and_the_rest_holds(home):
    found = config(home, "strict-ssl=false\nregistry=https://r/")
    assert len(found.warnings) == 1
    assert "strict-ssl=false has no effect" in found.warnings[0]
    (home / ".npmrc").unlink()
    (home / ".npmrc").mkdir()
    found = load(
        {"HOME": str(home), "PATH": "", "PREFIX": str(home), "npm_config_registry": "https://r/"}
    )
    assert found.get("registry") == "https://r/"
    assert [line.partition(":")[0] for line in found.warnings] == [f"{home}/.npmrc"]


def test_any_bytes_are_read():
    warnings = []
    noise = bytes(range(256)).decode("latin-1") * 3 + "=\n[]=x\n=y\n'=z\n\"\n\\\n${\n${}\n"
    parse(noise, "f", {}, warnings)
    assert all(line.startswith("f, line ") for line in warnings)
