"""The AWS credentials of the machine, for Amazon Bedrock.

    source = open_source(lookup, transport, now_s)
    source(token)       Credential(amazon-bedrock, aws, from AWS profile work); its keys are `aws`

The first of these that is set up decides, and if it fails that is an error: the profile of
AWS_PROFILE; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the profile "default"; a web identity
token (AWS_WEB_IDENTITY_TOKEN_FILE); a container's agent. A profile has keys of its own, a role to
assume, a program to run, or a login to IAM Identity Center. Lent keys are kept until shortly before
they expire; everything else is read anew for each request, as it may have been renewed meanwhile.

AWS_BEDROCK_SKIP_AUTH=1: requests go out unsigned, for a gateway that signs them itself.

Source: "Standardized credential providers" in the AWS SDKs guide. Known limits: roles that ask for
an MFA code are not assumed, and logins are not renewed (`aws sso login` does that).
"""

from __future__ import annotations

import hashlib
import json
import os
import time

from pi.auth import aws_profile
from pi.auth.aws_lender import Lender, Lent, lent_of, moment
from pi.auth.credential import Credential
from pi.errors import NoModelError, ProviderError
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.auth.aws_profile import Files
    from pi.cancel import CancelToken
    from pi.transport import Transport

    Lookup = Callable[[str], "str | None"]

PROVIDER = "amazon-bedrock"
KIND = "aws"

_EARLY_S = 300.0
"""How long before they expire lent keys are renewed; while renewing fails they are used on."""

_UNDATED_S = 3600.0
"""How long lent keys are kept whose end is not told."""

_PROGRAM_S = 60.0
_PROGRAM_BYTES = 64 * 1024

_PROFILE_KEYS = ("aws_access_key_id", "role_arn", "credential_process", "sso_account_id")
"""Settings, one of which a profile with credentials has."""


def is_there(lookup: Lookup) -> bool:
    """Whether there seems to be a credential: the catalogue's variables say it all."""
    return True


def missing(lookup: Lookup) -> str:
    """What to do so that there is one; nothing, where the variables are set."""
    return ""


def is_marker(key: str) -> bool:
    """Whether a key is none but says that the machine's credentials are meant."""
    return key.startswith("<") and key.endswith(">")


def open_source(
    lookup: Lookup,
    transport: Transport,
    now_s: Callable[[], float] = time.time,
    _base_url: str = "",
) -> Callable[[CancelToken], Credential]:
    """What gives the credential of one request. It raises PiError, ProviderError, Cancelled."""
    return Source(lookup, Lender(transport, lookup, now_s), now_s).credential


class Source:
    """The machine's credentials, whichever they are."""

    def __init__(self, lookup: Lookup, lender: Lender, now_s: Callable[[], float]) -> None:
        self._lookup = lookup
        self._lender = lender
        self._now_s = now_s
        self._kept: Lent | None = None
        self._kept_until_s = 0.0

    def credential(self, token: CancelToken) -> Credential:
        """The credential of one request."""
        if self._lookup("AWS_BEDROCK_SKIP_AUTH") == "1":
            return Credential(PROVIDER, "none", "", "environment AWS_BEDROCK_SKIP_AUTH", {})
        now_s = self._now_s()
        kept = self._kept
        if kept is None or now_s >= self._kept_until_s:
            kept = self._renewed(kept, now_s, token)
        return Credential(PROVIDER, KIND, "", kept.source, {}, aws=kept.keys)

    def _renewed(self, kept: Lent | None, now_s: float, token: CancelToken) -> Lent:
        try:
            lent = self._found(token)
        except (ProviderError, NoModelError):
            if kept is not None and kept.expires_s is not None and kept.expires_s > now_s + 30:
                return kept
            raise
        if not lent.is_fixed:
            end_s = lent.expires_s
            self._kept = lent
            self._kept_until_s = now_s + _UNDATED_S if end_s is None else end_s - _EARLY_S
        return lent

    # --- where they are --------------------------------------------------------------------------

    def _found(self, token: CancelToken) -> Lent:
        profile = self._lookup("AWS_PROFILE")
        if profile:
            return self._of_profile(aws_profile.load(self._lookup), profile, token)
        lent = self._of_environment()
        if lent is not None:
            return lent
        files = aws_profile.load(self._lookup)
        own = files.profile(aws_profile.DEFAULT) or {}
        if any(own.get(name) for name in _PROFILE_KEYS):
            return self._of_profile(files, aws_profile.DEFAULT, token)
        path = self._lookup("AWS_WEB_IDENTITY_TOKEN_FILE")
        if path:
            role = self._lookup("AWS_ROLE_ARN")
            if not role:
                raise NoModelError("AWS_WEB_IDENTITY_TOKEN_FILE needs AWS_ROLE_ARN: set it")
            return self._lender.web_identity(role, path, None, token)
        return self._lender.container(token)

    def _of_environment(self) -> Lent | None:
        access = self._lookup("AWS_ACCESS_KEY_ID")
        secret = self._lookup("AWS_SECRET_ACCESS_KEY")
        if not access or not secret:
            return None
        session = self._lookup("AWS_SESSION_TOKEN") or ""
        return _own(access, secret, session, "environment AWS_ACCESS_KEY_ID")

    def _of_profile(
        self, files: Files, name: str, token: CancelToken, seen: tuple[str, ...] = ()
    ) -> Lent:
        profile = files.profile(name)
        if profile is None:
            raise NoModelError(f'AWS profile "{name}" is in neither {" nor ".join(files.paths)}')
        source = f"AWS profile {name}"
        access, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
        has_keys = bool(access and secret)
        if profile.get("role_arn") and not (seen and has_keys):
            return self._assumed(files, name, profile, token, seen)
        if has_keys:
            return _own(access, secret, profile.get("aws_session_token", ""), source)
        if profile.get("credential_process"):
            return _of_program(profile["credential_process"], source, token)
        if profile.get("sso_account_id"):
            return self._of_login(files, name, profile, token)
        raise NoModelError(f"{source} has no credentials: give it keys, a role or a login")

    def _assumed(
        self,
        files: Files,
        name: str,
        profile: Mapping[str, str],
        token: CancelToken,
        seen: tuple[str, ...],
    ) -> Lent:
        role = profile["role_arn"]
        path = profile.get("web_identity_token_file")
        if path:
            return self._lender.web_identity(role, path, profile.get("role_session_name"), token)
        if profile.get("mfa_serial"):
            raise NoModelError(f"AWS profile {name} asks for an MFA code, which pi cannot give")
        origin = profile.get("source_profile")
        if origin and (origin in seen or (origin == name and seen)):
            raise NoModelError(f"AWS profiles take their keys from each other: {name}, {origin}")
        if origin:
            lent = self._of_profile(files, origin, token, (*seen, name))
        else:
            lent = self._of_origin(name, profile.get("credential_source", ""), token)
        return self._lender.assumed_role(lent.keys, profile, profile.get("region"), token)

    def _of_origin(self, name: str, origin: str, token: CancelToken) -> Lent:
        match origin.lower():
            case "environment":
                lent = self._of_environment()
                if lent is not None:
                    return lent
            case "ecscontainer":
                return self._lender.container(token)
            case "ec2instancemetadata":
                return self._lender.instance(token)
        raise NoModelError(
            f"AWS profile {name} has a role to assume but no keys for that: "
            "set its source_profile or credential_source"
        )

    def _of_login(
        self, files: Files, name: str, profile: Mapping[str, str], token: CancelToken
    ) -> Lent:
        session = profile.get("sso_session")
        place = files.session(session) if session else profile
        region, start = place.get("sso_region"), place.get("sso_start_url")
        if not (region and start and profile.get("sso_role_name")):
            raise NoModelError(
                f"AWS profile {name} needs sso_region, sso_start_url and sso_role_name"
            )
        access = self._access_token(session or start, name)
        return self._lender.single_sign_on(profile, region, access, token)

    def _access_token(self, key: str, profile: str) -> str:
        """The token of a login, from the cache of the AWS CLI. Raises NoModelError."""
        name = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
        path = os.path.join(aws_profile.folder(self._lookup), "sso", "cache", f"{name}.json")
        again = f"run `aws sso login --profile {profile}`"
        try:
            with open(path, "rb") as file:
                entry = _loads(file.read(_PROGRAM_BYTES))
        except OSError:
            raise NoModelError(f"AWS profile {profile} is not logged in: {again}") from None
        access, expires_s = entry.get("accessToken"), moment(entry.get("expiresAt"))
        if not isinstance(access, str) or not access.isascii() or not access.isprintable():
            raise NoModelError(f"the login of AWS profile {profile} cannot be read: {again}")
        if expires_s is None or expires_s <= self._now_s():
            raise NoModelError(f"the login of AWS profile {profile} has expired: {again}")
        return access


def _own(access: str, secret: str, session: str, source: str) -> Lent:
    """Keys that somebody wrote down. Raises NoModelError for what is none."""
    named = {"AccessKeyId": access, "SecretAccessKey": secret, "SessionToken": session}
    return replace(lent_of(named, source), is_fixed=True)


def _of_program(command: str, source: str, token: CancelToken) -> Lent:
    """The keys a program prints. Raises NoModelError, Cancelled."""
    from pi.proc import StartError, capture  # noqa: PLC0415 - only for profiles with a program

    what = f"the credential_process of {source}"
    try:
        result = capture(command, timeout_s=_PROGRAM_S, limit=_PROGRAM_BYTES, token=token)
    except StartError as error:
        raise NoModelError(f"{what} cannot be started: {error}") from None
    if result.timed_out or result.code != 0:
        how = "took too long" if result.timed_out else f"failed with exit code {result.code}"
        raise NoModelError(f"{what} {how}")
    printed = _loads(result.stdout)
    if printed.get("Version") != 1:
        raise NoModelError(f'{what} did not print a JSON object with "Version": 1')
    return replace(lent_of(printed, what), source=source)


def _loads(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
