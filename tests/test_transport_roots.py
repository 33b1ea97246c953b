"""The choice of certificate authorities, on machines of every layout."""

from __future__ import annotations

import pytest

from pi.transport.roots import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

FILES = ("openssl/cert.pem", "redhat.crt", "suse.pem", "corp.pem", "other.pem")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with `FILES` absent, a hashed folder `hashed` and an unhashed one `flat`."""
    for name, entry in (("hashed", "1a2b3c4d.0"), ("flat", "corp.pem"), ("openssl", "readme")):
        (tmp_path / name).mkdir()
        (tmp_path / name / entry).write_text("x")
    return tmp_path


def chosen(machine: Path, present: str, environ: dict[str, str], default_folder: str = "openssl"):
    for name in present.split():
        (machine / name).write_text("x")
    named = {
        name: ":".join(f"{machine}/{part}" if part else "" for part in path.split(":"))
        for name, path in environ.items()
    }
    roots = choose(
        named,
        f"{machine}/openssl/cert.pem",
        f"{machine}/{default_folder}",
        bundles=[f"{machine}/redhat.crt", f"{machine}/suse.pem"],
        hashed_folders=[f"{machine}/flat", f"{machine}/absent", f"{machine}/hashed"]
        if "hashed" in present or default_folder == "hashed"
        else [f"{machine}/flat", f"{machine}/absent"],
    )
    files = [(source, path.removeprefix(f"{machine}/")) for source, path in roots.files]
    return files, [path.removeprefix(f"{machine}/") for path in roots.folders], roots.trouble


@pytest.mark.parametrize(
    ("present", "environ", "default_folder", "files", "folders"),
    [
        ("", {}, "openssl", [], []),
        ("openssl/cert.pem", {}, "openssl", ["openssl/cert.pem"], []),
        ("openssl/cert.pem", {}, "hashed", [], ["hashed"]),
        ("redhat.crt suse.pem", {}, "openssl", ["redhat.crt"], []),
        ("suse.pem", {}, "absent", ["suse.pem"], []),
        ("suse.pem", {"SSL_CERT_FILE": ""}, "absent", ["suse.pem"], []),
        ("suse.pem corp.pem", {"PI_CA_BUNDLE": "corp.pem"}, "absent", ["suse.pem", "corp.pem"], []),
        ("corp.pem", {"PI_CA_BUNDLE": "corp.pem"}, "hashed", ["corp.pem"], ["hashed"]),
        (
            "corp.pem other.pem",
            {"PI_CA_BUNDLE": "corp.pem", "NODE_EXTRA_CA_CERTS": "other.pem"},
            "absent",
            ["corp.pem", "other.pem"],
            [],
        ),
        ("suse.pem", {"NODE_EXTRA_CA_CERTS": "missing"}, "absent", ["suse.pem"], []),
        ("suse.pem corp.pem", {"SSL_CERT_FILE": "corp.pem"}, "absent", ["corp.pem"], []),
        ("corp.pem", {"SSL_CERT_FILE": "corp.pem"}, "hashed", ["corp.pem"], ["hashed"]),
        ("suse.pem", {"SSL_CERT_DIR": "flat:absent"}, "hashed", [], ["flat"]),
        ("openssl/cert.pem", {"SSL_CERT_DIR": "flat"}, "hashed", ["openssl/cert.pem"], ["flat"]),
        (
            "corp.pem openssl/cert.pem",
            {"SSL_CERT_FILE": "corp.pem", "SSL_CERT_DIR": "flat"},
            "hashed",
            ["corp.pem"],
            ["flat"],
        ),
        ("corp.pem suse.pem", {"REQUESTS_CA_BUNDLE": "corp.pem"}, "hashed", ["corp.pem"], []),
        ("suse.pem", {"REQUESTS_CA_BUNDLE": "flat"}, "hashed", [], ["flat"]),
        (
            "corp.pem other.pem",
            {"REQUESTS_CA_BUNDLE": "corp.pem", "CURL_CA_BUNDLE": "other.pem"},
            "hashed",
            ["corp.pem"],
            [],
        ),
        (
            "corp.pem other.pem",
            {"SSL_CERT_FILE": "corp.pem", "CURL_CA_BUNDLE": "other.pem"},
            "absent",
            ["corp.pem"],
            [],
        ),
    ],
)
def test_choice(machine, present, environ, default_folder, files, folders):
    found, found_folders, trouble = chosen(machine, present, environ, default_folder)
    assert trouble == ""
    assert ([path for _, path in found], found_folders) == (files, folders)
    assert all(environ[source] == path for source, path in found if source in environ)


@pytest.mark.parametrize(
    "variable",
    ["PI_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
)
def test_a_variable_that_names_nothing_is_trouble(machine, variable):
    _, _, trouble = chosen(machine, "suse.pem", {variable: "missing"}, "hashed")
    assert variable in trouble
    assert f"{machine}/missing" in trouble


def test_a_variable_that_is_not_used_is_no_trouble(machine):
    environ = {"SSL_CERT_FILE": "corp.pem", "CURL_CA_BUNDLE": "missing"}
    assert chosen(machine, "corp.pem", environ)[2] == ""
