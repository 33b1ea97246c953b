"""AWS credentials of the machine. Services are real HTTP on loopback; the clock is a list."""

from __future__ import annotations

import hashlib
import json
import sys
from urllib.parse import parse_qs

import pytest

from pi.auth.aws import is_marker, open_source
from pi.auth.aws_lender import lent_of, moment
from pi.auth.sigv4 import AwsKeys, Scope, sign
from pi.cancel import CancelToken
from pi.errors import NoModelError, PiError, ProviderError
from pi.transport import Transport
from tests.awskit import Services

NOW_S = 1_800_000_000.0  # 2027-01-15T08:00:00Z
LATER = "2027-01-15T09:00:00Z"
ROLE = "arn:aws:iam::123456789012:role/r"
LENT = {
    "AccessKeyId": "ASIALENT",
    "SecretAccessKey": "lent/secret",
    "Token": "lent-session",
    "Expiration": LATER,
}
STS = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>ASIASTS</AccessKeyId><SecretAccessKey>sts/&amp;secret</SecretAccessKey>
<SessionToken>sts-session==</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration>
</Credentials></{0}Result></{0}Response>"""


@pytest.fixture
def services():
    found = Services()
    yield found
    found.close()


@pytest.fixture
def machine(tmp_path):
    """What opens a source: machine(files={...}, NAME=value) -> (source, clock)."""
    transport = Transport(environ={})

    def opened(files=None, **variables):
        for name, text in (files or {}).items():
            path = tmp_path / ".aws" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        clock = [NOW_S]
        variables = {"HOME": str(tmp_path), **variables}
        source = open_source(variables.get, transport, lambda: clock[0])
        return (lambda: source(CancelToken())), clock

    yield opened
    transport.close()


def keys_of(credential):
    assert (credential.provider, credential.kind, credential.secret) == (
        "amazon-bedrock",
        "aws",
        "",
    )
    keys = credential.aws
    return keys.access_key, keys.secret_key, keys.session_token


def refused(source):
    """The one line of a credential that cannot be had; no secret is in it."""
    with pytest.raises(PiError) as caught:
        source()
    line = str(caught.value)
    assert line
    assert "\n" not in line
    assert not [secret for secret in ("secret", "session-", "IDENTITY.TOKEN") if secret in line]
    return line


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env/secret"}
WORK = "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = work/secret\n"
DEFAULT = "[default]\naws_access_key_id=AKIADEF\naws_secret_access_key=def/secret\n"


# --- keys that are written down ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "variables", "expected", "source"),
    [
        ({}, KEYS, ("AKIAENV", "env/secret", ""), "environment"),
        (
            {},
            {**KEYS, "AWS_SESSION_TOKEN": "t=="},
            ("AKIAENV", "env/secret", "t=="),
            "environment",
        ),
        ({"credentials": DEFAULT}, KEYS, ("AKIAENV", "env/secret", ""), "environment"),
        (
            {"credentials": DEFAULT + WORK},
            {**KEYS, "AWS_PROFILE": "work"},
            ("AKIAWORK", "work/secret", ""),
            "profile work",
        ),
        (
            {"config": WORK.replace("[work]", "[profile work]")},
            {"AWS_PROFILE": "work"},
            ("AKIAWORK", "work/secret", ""),
            "profile work",
        ),
        (
            {"credentials": DEFAULT},
            {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"},
            ("AKIADEF", "def/secret", ""),
            "profile default",
        ),
    ],
)
def test_written_keys(machine, files, variables, expected, source):
    ask, _ = machine(files, **variables)
    credential = ask()
    assert keys_of(credential) == expected
    assert source in credential.source


def test_written_keys_are_read_anew(machine):
    ask, _ = machine({"credentials": WORK}, AWS_PROFILE="work")
    assert keys_of(ask())[0] == "AKIAWORK"
    machine({"credentials": WORK.replace("AKIAWORK", "AKIANEW")})
    assert keys_of(ask())[0] == "AKIANEW"


def test_no_signature_is_wanted(machine):
    ask, _ = machine(AWS_BEDROCK_SKIP_AUTH="1", **KEYS)
    assert (ask().kind, ask().aws) == ("none", None)
    ask, _ = machine(AWS_BEDROCK_SKIP_AUTH="0", **KEYS)
    assert ask().kind == "aws"


@pytest.mark.parametrize(
    ("files", "variables", "says"),
    [
        ({}, {"AWS_PROFILE": "nope"}, '"nope" is in neither'),
        ({"config": "[profile p]\nregion=x\n"}, {"AWS_PROFILE": "p"}, "has no credentials"),
        ({"config": f"[profile p]\nrole_arn={ROLE}\n"}, {"AWS_PROFILE": "p"}, "source_profile"),
        (
            {"config": f"[profile p]\nrole_arn={ROLE}\nsource_profile=p\n"},
            {"AWS_PROFILE": "p"},
            "each other",
        ),
        (
            {
                "config": f"[profile p]\nrole_arn={ROLE}\nsource_profile=q\n"
                f"[profile q]\nrole_arn={ROLE}\nsource_profile=p\n"
            },
            {"AWS_PROFILE": "p"},
            "each other",
        ),
        (
            {"config": f"[profile p]\nrole_arn={ROLE}\nmfa_serial=x\nsource_profile=p\n"},
            {"AWS_PROFILE": "p"},
            "MFA",
        ),
        (
            {
                "credentials": WORK,
                "config": f"[profile p]\nrole_arn={ROLE}\nsource_profile=work\nregion=evil.com/\n",
            },
            {"AWS_PROFILE": "p"},
            "the region of STS is not the name of an AWS region",
        ),
        ({}, {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}, "AWS_ROLE_ARN"),
        (
            {},
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": ROLE},
            "cannot be read",
        ),
        ({}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"}, "must be https"),
        ({}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "file:///etc/passwd"}, "must be https"),
        ({}, {**KEYS, "AWS_SECRET_ACCESS_KEY": "a\nb"}, "no usable AWS keys"),
    ],
)
def test_what_cannot_be_used(machine, files, variables, says):
    ask, _ = machine(files, **variables)
    assert says in refused(ask)


# --- programs ------------------------------------------------------------------------------------


def process_profile(tmp_path, printed, code=0):
    script = tmp_path / "give.py"
    script.write_text(f"import sys\nprint({json.dumps(printed)!r})\nsys.exit({code})\n", "utf-8")
    return {"config": f"[profile p]\ncredential_process = {sys.executable} {script}\n"}


def test_a_program_gives_keys_that_are_kept(machine, tmp_path):
    printed = {"Version": 1, "AccessKeyId": "AKIAPRG", "SecretAccessKey": "prg/secret"}
    ask, clock = machine(process_profile(tmp_path, printed), AWS_PROFILE="p")
    assert keys_of(ask()) == ("AKIAPRG", "prg/secret", "")
    process_profile(tmp_path, {**printed, "AccessKeyId": "AKIANEW"})
    clock[0] += 3599
    assert keys_of(ask())[0] == "AKIAPRG"
    clock[0] += 2
    assert keys_of(ask())[0] == "AKIANEW"


@pytest.mark.parametrize(
    ("printed", "code", "says"),
    [
        ({"Version": 1, "SecretAccessKey": "secret"}, 0, "no usable AWS keys"),
        ({"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "secret"}, 0, '"Version": 1'),
        ("secret", 0, '"Version": 1'),
        ({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "secret"}, 7, "exit code 7"),
    ],
)
def test_a_program_that_gives_none(machine, tmp_path, printed, code, says):
    ask, _ = machine(process_profile(tmp_path, printed, code), AWS_PROFILE="p")
    assert says in refused(ask)


# --- the machine's agents ------------------------------------------------------------------------


def test_a_container_gives_keys_until_they_expire(machine, services, tmp_path):
    secret = tmp_path / "token"
    secret.write_text("Bearer one\n")
    services.answers["GET /creds"] = (200, LENT)
    ask, clock = machine(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(secret),
    )
    assert keys_of(ask()) == ("ASIALENT", "lent/secret", "lent-session")
    clock[0] += 3600 - 301
    ask()
    assert [seen[2]["authorization"] for seen in services.seen] == ["Bearer one"]
    secret.write_text("Bearer two")
    services.answers["GET /creds"] = (200, {**LENT, "AccessKeyId": "ASIANEXT"})
    clock[0] += 2
    assert keys_of(ask())[0] == "ASIANEXT"
    assert services.seen[-1][2]["authorization"] == "Bearer two"


def test_keys_are_used_on_while_renewing_them_fails(machine, services):
    services.answers["GET /creds"] = (200, LENT)
    ask, clock = machine(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    ask()
    services.answers["GET /creds"] = (500, {"code": "Trouble", "message": "not now"})
    clock[0] += 3500
    assert keys_of(ask())[0] == "ASIALENT"
    clock[0] += 100
    assert "500 Trouble: not now" in refused(ask)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((200, "<html>"), None, "no usable AWS keys"),
        ((200, {"AccessKeyId": "A"}), None, "no usable AWS keys"),
        ((200, {**LENT, "SecretAccessKey": 5}), None, "no usable AWS keys"),
        ((404, ""), "auth", "404"),
        ((403, {"message": "not with token-123456"}), "auth", "403 not with ***"),
        ((503, "x"), "server", "503"),
    ],
)
def test_a_container_that_gives_none(machine, services, answer, kind, says):
    services.answers["GET /creds"] = answer
    ask, _ = machine(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
        AWS_CONTAINER_AUTHORIZATION_TOKEN="token-123456",
    )
    with pytest.raises(PiError) as caught:
        ask()
    assert getattr(caught.value, "kind", None) == kind
    assert says in str(caught.value)
    assert "token-123456" not in str(caught.value)


def test_an_instance_is_asked_with_a_session(machine, services):
    base = "/latest/meta-data/iam/security-credentials/"
    services.answers = {
        "PUT /latest/api/token": (200, "ticket"),
        f"GET {base}": (200, "my role\n"),
        f"GET {base}my%20role": (200, LENT),
        "POST /": (200, STS.format("AssumeRole")),
    }
    files = {"config": f"[profile p]\nrole_arn={ROLE}\ncredential_source=Ec2InstanceMetadata\n"}
    places = {
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url,
        "AWS_ENDPOINT_URL_STS": services.url,
    }
    ask, _ = machine(files, AWS_PROFILE="p", **places)
    assert keys_of(ask())[0] == "ASIASTS"
    first, *others, last = services.seen
    assert first[2]["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert [seen[2]["x-aws-ec2-metadata-token"] for seen in others] == ["ticket", "ticket"]
    assert last[2]["x-amz-security-token"] == "lent-session"
    ask, _ = machine(files, AWS_PROFILE="p", AWS_EC2_METADATA_DISABLED="true", **places)
    assert "AWS_EC2_METADATA_DISABLED" in refused(ask)


# --- STS -----------------------------------------------------------------------------------------


def test_a_web_identity(machine, services, tmp_path):
    path = tmp_path / "identity"
    path.write_text("IDENTITY.TOKEN\n")
    services.answers["POST /"] = (200, STS.format("AssumeRoleWithWebIdentity"))
    ask, _ = machine(
        AWS_WEB_IDENTITY_TOKEN_FILE=str(path),
        AWS_ROLE_ARN=ROLE,
        AWS_ROLE_SESSION_NAME="me",
        AWS_ENDPOINT_URL_STS=services.url,
    )
    assert keys_of(ask()) == ("ASIASTS", "sts/&secret", "sts-session==")
    ((_, _, headers, body),) = services.seen
    assert "authorization" not in headers
    assert {name: values[0] for name, values in parse_qs(body).items()} == {
        "Action": "AssumeRoleWithWebIdentity",
        "RoleArn": ROLE,
        "RoleSessionName": "me",
        "WebIdentityToken": "IDENTITY.TOKEN",
        "Version": "2011-06-15",
    }


def test_a_web_identity_that_is_refused(machine, services, tmp_path):
    path = tmp_path / "identity"
    path.write_text("IDENTITY.TOKEN")
    services.answers["POST /"] = (
        400,
        "<ErrorResponse><Error><Code>ExpiredTokenException</Code>\n"
        "<Message>IDENTITY.TOKEN has expired</Message></Error></ErrorResponse>",
    )
    files = {"config": f"[profile p]\nrole_arn={ROLE}\nweb_identity_token_file={path}\n"}
    ask, _ = machine(files, AWS_PROFILE="p", AWS_ENDPOINT_URL=services.url)
    line = refused(ask)
    assert "400 ExpiredTokenException: *** has expired" in line
    assert "AssumeRoleWithWebIdentity" in line


def test_a_role_is_assumed_with_another_profile_s_keys(machine, services):
    services.answers["POST /"] = (200, STS.format("AssumeRole"))
    files = {
        "credentials": WORK,
        "config": f"[profile p]\nrole_arn={ROLE}\nsource_profile=work\nregion=eu-west-1\n"
        "external_id=ext\nduration_seconds=900\nrole_session_name=me\n",
    }
    ask, _ = machine(files, AWS_PROFILE="p", AWS_ENDPOINT_URL_STS=services.url)
    assert keys_of(ask())[0] == "ASIASTS"
    ((method, path, headers, body),) = services.seen
    sent = {name: values[0] for name, values in parse_qs(body).items()}
    assert (sent["Action"], sent["ExternalId"], sent["DurationSeconds"]) == (
        "AssumeRole",
        "ext",
        "900",
    )
    signed = sign(
        method,
        services.url + path,
        {"content-type": headers["content-type"]},
        body.encode(),
        AwsKeys("AKIAWORK", "work/secret"),
        Scope("eu-west-1", "sts"),
        NOW_S,
    )
    assert headers["authorization"] == signed["authorization"]


# --- IAM Identity Center -------------------------------------------------------------------------

SSO = (
    "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n"
    "[sso-session corp]\nsso_region = us-east-2\nsso_start_url = https://corp.example/start\n"
)


def cache_file(key, **entry):
    name = hashlib.sha1(key.encode()).hexdigest()
    return {f"sso/cache/{name}.json": json.dumps(entry)}


@pytest.fixture
def portal(services, tmp_path):
    (tmp_path / ".aws/sso/cache").mkdir(parents=True)
    role = {"accessKeyId": "ASIASSO", "secretAccessKey": "sso/secret", "sessionToken": "s-s"}
    answer = {"roleCredentials": {**role, "expiration": int(NOW_S + 3600) * 1000}}
    services.answers["GET /federation/credentials"] = (200, answer)
    return services


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (SSO, "corp"),
        (
            SSO.replace("sso_session = corp", "sso_region=x-1\nsso_start_url=https://old"),
            "https://old",
        ),
    ],
)
def test_a_login(machine, portal, config, key):
    files = {"config": config, **cache_file(key, accessToken="ACCESS", expiresAt=LATER)}
    ask, _ = machine(files, AWS_PROFILE="p", AWS_ENDPOINT_URL_SSO=portal.url)
    assert keys_of(ask()) == ("ASIASSO", "sso/secret", "s-s")
    ((_, path, headers, _),) = portal.seen
    assert parse_qs(path.partition("?")[2]) == {
        "account_id": ["123456789012"],
        "role_name": ["Dev"],
    }
    assert headers["x-amz-sso_bearer_token"] == "ACCESS"
    ask()
    assert len(portal.seen) == 1


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (None, "is not logged in"),
        ({"accessToken": "ACCESS", "expiresAt": "2027-01-15T07:59:59UTC"}, "has expired"),
        ({"accessToken": "ACCESS"}, "has expired"),
        ({"accessToken": 5, "expiresAt": LATER}, "cannot be read"),
    ],
)
def test_a_login_that_is_over(machine, portal, entry, says):
    files = {"config": SSO, **(cache_file("corp", **entry) if entry else {})}
    ask, _ = machine(files, AWS_PROFILE="p", AWS_ENDPOINT_URL_SSO=portal.url)
    line = refused(ask)
    assert says in line
    assert "`aws sso login --profile p`" in line
    assert portal.seen == []


# --- parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2027-01-15T08:00:00Z", NOW_S),
        ("2027-01-15T08:00:00UTC", NOW_S),
        ("2027-01-15T08:00:00.123456Z", NOW_S),
        ("2027-01-15T10:00:00+02:00", NOW_S),
        ("2027-01-15T03:30:00-0430", NOW_S),
        (NOW_S, NOW_S),
        (NOW_S * 1000, NOW_S),
        ("tomorrow", None),
        (True, None),
        (None, None),
    ],
)
def test_moments(text, seconds):
    assert moment(text) == seconds


def test_secrets_are_not_shown():
    lent = lent_of(LENT, "a test")
    assert "lent/secret" not in repr(lent)
    assert "lent-session" not in repr(lent)
    with pytest.raises(NoModelError):
        lent_of(None, "a test")


@pytest.mark.parametrize(("key", "expected"), [("<authenticated>", True), ("key", False)])
def test_a_marker_for_the_machine(key, expected):
    assert is_marker(key) is expected


def test_errors_of_the_transport_come_through(machine):
    ask, _ = machine(AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:1/x")
    with pytest.raises(ProviderError) as caught:
        ask()
    assert caught.value.kind == "network"
