"""Finding model servers on this machine: Ollama, llama.cpp, vLLM, SGLang, LM Studio.

    find(os.environ)                    models of all that answer, within 200 ms altogether
    find(os.environ, "ollama")          of one of them
    refreshed(model, os.environ)        the model with the window its server has now

Each server is looked for at its usual port of 127.0.0.1, or where its variable says (OLLAMA_HOST,
LLAMA_BASE_URL, VLLM_BASE_URL, SGLANG_BASE_URL, LMSTUDIO_BASE_URL). With PI_OFFLINE only addresses
of this machine are asked. All are asked at the same time; what has answered by the end counts, and
the rest is cut off: whatever listens on such a port can neither delay nor break a start.
"""

from __future__ import annotations

import json
from _thread import allocate_lock, start_new_thread
from time import monotonic
from urllib.parse import quote

from pi.cancel import CancelToken
from pi.errors import Cancelled, PiError
from pi.models import answers
from pi.models.server import SERVERS
from pi.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.models.server import Server
    from pi.request import Model
    from pi.transport import Limits, Transport

TIME_S = 0.2
_BODY_LIMIT = 4 * 1024 * 1024

_HEADERS = {"Accept": "application/json", "X-Requested-With": "pi"}
"""The second one makes the transport follow no redirect to another place."""


def find(
    environ: Mapping[str, str], only: str | None = None, *, time_s: float = TIME_S
) -> list[Model]:
    """The models of the local servers that answer in time, in the order of SERVERS.

    Takes at most about `time_s`. Raises nothing.
    """
    servers = [SERVERS[only]] if only in SERVERS else [] if only else list(SERVERS.values())
    places = [(server, base) for server in servers for base in bases(server, environ)]
    search = _Search(environ, time_s)
    for number, (server, base) in enumerate(places):
        search.start(number, server, base)
    found = search.results()
    models: dict[str, list[Model]] = {}
    for number, (server, _) in enumerate(places):
        if found.get(number):
            models.setdefault(server.name, found[number])
    return [model for rows in models.values() for model in rows]


def refreshed(model: Model, environ: Mapping[str, str], *, time_s: float = TIME_S) -> Model:
    """A local model as its server describes it now; as it was when the server does not answer.

    Ollama tells a model's real window only once it is loaded, that is after the first answer.
    """
    rows = find(environ, model["provider"], time_s=time_s)
    return next((row for row in rows if row["id"] == model["id"]), model)


def bases(server: Server, environ: Mapping[str, str]) -> list[str]:
    """The addresses to look for a server at, without a path of the API and without a last slash."""
    from pi.transport.route import bracketed, is_loopback, parse  # noqa: PLC0415 - heavy, rare

    given = environ.get(server.variable, "").strip()
    if not given:
        return [f"http://127.0.0.1:{port}" for port in server.ports]
    if "://" not in given:
        given = f"http://127.0.0.1{given}" if given.startswith(":") else f"http://{given}"
        is_bare = given.rpartition("]")[2].count(":") + ("]" in given) < 2
        given = f"{given}:{server.ports[0]}" if is_bare else given
    try:
        url = parse(given)
    except PiError:
        return []
    is_offline = environ.get("PI_OFFLINE", "").lower() in ("1", "true", "yes")
    if is_offline and not is_loopback(url.host):
        return []
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(url.host, url.host)
    path = url.target.partition("?")[0].rstrip("/").removesuffix("/v1")
    return [f"{url.scheme}://{bracketed(host)}:{url.port}{path}"]


class _Search:
    """Asks several places at the same time, until all have answered or the time is over."""

    def __init__(self, environ: Mapping[str, str], time_s: float) -> None:
        from pi.transport import Limits, Transport  # noqa: PLC0415 - heavy, rare

        self._environ = environ
        self._end = monotonic() + time_s
        self._limits = Limits(connect_s=time_s, first_byte_s=time_s, idle_s=time_s)
        self._transport = Transport(environ={})  # no proxy leads to this machine
        self._token = CancelToken()
        self._found: dict[int, list[Model]] = {}
        self._gates: list[Any] = []

    def start(self, number: int, server: Server, base: str) -> None:
        gate = allocate_lock()
        gate.acquire()
        ask = _Ask(self._transport, self._limits, self._token, base, server, self._environ)

        def work() -> None:
            try:
                _READERS[server.name](ask, lambda models: self._found.update({number: models}))
            except (PiError, Cancelled, ValueError, RecursionError):
                pass  # no such server, or none that can be used: the same to us
            finally:
                gate.release()

        try:
            start_new_thread(work, ())
        except RuntimeError:  # no more threads to be had
            return
        self._gates.append(gate)

    def results(self) -> dict[int, list[Model]]:
        for gate in self._gates:
            gate.acquire(timeout=max(0.0, self._end - monotonic()))
        self._token.cancel()
        self._transport.close()
        return dict(self._found)


class _Ask:
    """One server's address, and how to ask it."""

    def __init__(
        self,
        transport: Transport,
        limits: Limits,
        token: CancelToken,
        base: str,
        server: Server,
        environ: Mapping[str, str],
    ) -> None:
        self.base = base
        self.environ = environ
        self._transport = transport
        self._limits = limits
        self._token = token
        key = environ.get(server.key_variable) if server.key_variable else None
        self._headers = {**_HEADERS, "Authorization": f"Bearer {key}"} if key else _HEADERS

    def get(self, path: str) -> object:
        """The JSON at a path; None when the server has none. Raises PiError, ValueError."""
        return self._json(Request(self.base + path, self._headers, b"", method="GET"))

    def post(self, path: str, body: object) -> object:
        """The JSON that answers a JSON body. Raises PiError, ValueError."""
        headers = {**self._headers, "Content-Type": "application/json"}
        return self._json(Request(self.base + path, headers, json.dumps(body).encode()))

    def _json(self, request: Request) -> object:
        with self._transport.open(request, self._token, self._limits) as response:
            if response.status != 200:
                return None
            data = response.read(_BODY_LIMIT)
        return json.loads(data)


def _read_ollama(ask: _Ask, tell: Callable[[list[Model]], object]) -> None:
    tags = ask.get("/api/tags")
    names = answers.ollama_names(tags)
    if not names:
        return
    said = ask.environ.get("OLLAMA_CONTEXT_LENGTH", "")
    window = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
    tell(answers.ollama(ask.base, tags, None, {}, window))
    running = ask.get("/api/ps")
    shown: dict[str, object] = {}
    for model in answers.ollama(ask.base, tags, running, {}, window):
        name = model["id"]
        shown[name] = ask.post("/api/show", {"model": name})
        tell(answers.ollama(ask.base, tags, running, shown, window))


def _read_llama_cpp(ask: _Ask, tell: Callable[[list[Model]], object]) -> None:
    listed = ask.get("/v1/models")
    tell(answers.llama_cpp(ask.base, listed, None))
    props = ask.get("/props")
    each: dict[str, object] = {}
    tell(answers.llama_cpp(ask.base, listed, props, each))
    for name in answers.llama_loaded(listed):
        each[name] = ask.get(f"/props?model={quote(name, safe='')}&autoload=false")
        tell(answers.llama_cpp(ask.base, listed, props, each))


def _read_vllm(ask: _Ask, tell: Callable[[list[Model]], object]) -> None:
    tell(answers.vllm(ask.base, ask.get("/v1/models")))


def _read_sglang(ask: _Ask, tell: Callable[[list[Model]], object]) -> None:
    listed = ask.get("/v1/models")
    if listed is None:
        return
    tell(answers.sglang(ask.base, listed, None))
    tell(answers.sglang(ask.base, listed, ask.get("/get_server_info")))


def _read_lm_studio(ask: _Ask, tell: Callable[[list[Model]], object]) -> None:
    tell(answers.lm_studio(ask.base, ask.get("/api/v0/models")))


_READERS = {
    "ollama": _read_ollama,
    "llama.cpp": _read_llama_cpp,
    "vllm": _read_vllm,
    "sglang": _read_sglang,
    "lmstudio": _read_lm_studio,
}
"""Server -> function(ask, tell) that asks it and tells what it has, perhaps more than once."""
