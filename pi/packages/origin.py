"""Where packages come from: one place that puts configuration, transport and cache together.

    origins = Origins("/home/u/.pi/agent", os.environ, settings=settings, project_dir=None)
    origins.npm().install("left-pad", root, token=token)
    origins.pypi().install(["markdown>=3"], folder, token=token)
    origins.urls().install("https://...tgz", folder, token=token)
    origins.warnings                what was wrong with .npmrc, pip.conf, .netrc

Which registry is asked: the setting `npmRegistry` (of Python packages `pypiIndex`), else npm's (or
pip's) own configuration, else the address the builder of this program had configured, which is the
data file `origins.json` of an artefact. A source tree has none, and then an error says where to
write one down.

Nothing is read before it is needed. A project's `.npmrc` counts only when the project is trusted.
"""

from __future__ import annotations

import json
import os

from pi import files, runtime
from pi.errors import PackageError
from pi.packages import npmrc, pipconf
from pi.packages.cache import Cache
from pi.packages.fetch import POLICY, Fetch
from pi.packages.npm import Npm
from pi.packages.registry import Registry
from pi.packages.url import Urls
from pi.paths import expand, home_dir
from pi.transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.packages.pypi import Pypi
    from pi.retry import Policy
    from pi.settings.layers import Settings

DATA = "origins.json"
NO_REGISTRY = (
    "no npm registry is known: set npmRegistry in the settings (pi config set npmRegistry URL), "
    "registry= in ~/.npmrc, or the variable npm_config_registry"
)
NO_INDEX = (
    "no index of Python packages is known: set pypiIndex in the settings (pi config set pypiIndex "
    "URL), index-url in pip.conf, or the variable PIP_INDEX_URL"
)
NPM_HINT = "a token belongs into ~/.npmrc, as //host/path/:_authToken=..."
PIP_HINT = "a password belongs into ~/.netrc or the index's address"


class Origins:
    """The ways to fetch packages. `warnings` grows when configuration is first read."""

    def __init__(
        self,
        agent_dir: str,
        environ: Mapping[str, str],
        *,
        settings: Settings | None = None,
        project_dir: str | None = None,
        offline: bool = False,
        policy: Policy = POLICY,
    ) -> None:
        self.warnings: list[str] = []
        self._cache = Cache(os.path.join(agent_dir, "npm", "_cache"))
        self._environ = environ
        self._settings = settings
        self._project_dir = project_dir
        self._policy = policy
        self._offline = offline
        self._transports: list[Transport] = []
        self._made: dict[str, object] = {}

    def npm(self) -> Npm:
        """npm packages. Raises PackageError where .npmrc's certificates cannot be kept."""
        return self._once("npm", self._new_npm)

    def pypi(self) -> Pypi:
        """Python wheels."""
        return self._once("pypi", self._new_pypi)

    def urls(self) -> Urls:
        """Archives by address."""
        return self._once("urls", self._new_urls)

    def close(self) -> None:
        """Close idle connections."""
        for transport in self._transports:
            transport.close()

    def _once(self, name: str, make: Callable[[], object]) -> object:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _new_npm(self) -> Npm:
        config = npmrc.load(self._environ, self._project_dir)
        self.warnings += config.warnings
        general = _address(self._setting("npmRegistry") or config.get("registry") or default("npm"))
        transport = self._transport(
            config.get("cafile") or self._kept_authority(config),
            config.get("https-proxy") or config.get("proxy"),
            config.get("noproxy"),
        )
        fetch = Fetch(
            transport,
            self._cache,
            credential=lambda url: config.authorization(url, general),
            hint=NPM_HINT,
            offline=self._offline,
            policy=self._policy,
        )
        replaces = config.get("replace-registry-host")
        return Npm(
            Registry(fetch, lambda name: config.registry_for(name, general), NO_REGISTRY, replaces)
        )

    def _new_pypi(self) -> Pypi:
        from pi.packages.pypi import Pypi  # noqa: PLC0415 - rare, and its own world

        config = pipconf.load(self._environ, self._setting("pypiIndex"))
        self.warnings += config.warnings
        fetch = Fetch(
            self._transport(config.certificates, config.proxy, None),
            self._cache,
            credential=config.authorization,
            hint=PIP_HINT,
            offline=self._offline,
            policy=self._policy,
        )
        index = config.index or _address(default("pypi"))
        return Pypi(fetch, [*config.others, *([index] if index else [])], NO_INDEX)

    def _new_urls(self) -> Urls:
        config = pipconf.load(self._environ)
        fetch = Fetch(
            self._transport(None, None, None),
            self._cache,
            credential=config.authorization,
            hint="a password belongs into ~/.netrc",
            offline=self._offline,
            policy=self._policy,
        )
        return Urls(fetch)

    def _setting(self, key: str) -> str | None:
        return (self._settings.get(key) or None) if self._settings is not None else None

    def _transport(
        self, certificates: str | None, proxy: str | None, exceptions: str | None
    ) -> Transport:
        """A transport that also knows what npm or pip was told about certificates and proxies."""
        environ = dict(self._environ)
        if certificates:
            path = expand(certificates, home_dir(environ))
            name = "NODE_EXTRA_CA_CERTS" if environ.get("PI_CA_BUNDLE") else "PI_CA_BUNDLE"
            if os.path.isfile(path):
                environ[name] = path
            else:
                self.warnings.append(
                    f"{path}: the certificates that npm or pip is configured with are not there: "
                    "correct cafile in .npmrc or cert in pip.conf"
                )
        if proxy:  # npm writes false for none
            environ["https_proxy"] = environ["http_proxy"] = "" if proxy == "false" else proxy
        if exceptions:
            environ["no_proxy"] = exceptions
        transport = Transport(environ=environ, proxy=self._setting("httpProxy"))
        self._transports.append(transport)
        return transport

    def _kept_authority(self, config: npmrc.NpmConfig) -> str | None:
        """The certificates that stand in .npmrc itself, as a file; None where none do."""
        found = config.found("ca")
        if found is None:
            return None
        text = "\n".join(found[1]) if isinstance(found[1], list) else found[1]
        try:
            return self._cache.keep_text("ca.pem", text + "\n")
        except OSError as error:
            raise PackageError(
                f"the certificates of {found[0]} cannot be kept ({files.reason(error)})"
            ) from None


def default(kind: str, read: Callable[[str], bytes] = runtime.read_data) -> str | None:
    """The address this program was built with: `kind` is "npm" or "pypi"; None without one."""
    try:
        value = json.loads(read(DATA)).get(kind)
    except (FileNotFoundError, ValueError, AttributeError):
        return None
    return value if isinstance(value, str) and value else None


def _address(text: str | None) -> str | None:
    return text.rstrip("/") + "/" if text else None
