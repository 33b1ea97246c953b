"""The fake provider by hand: `python3 -m tests.fakeprovider --help`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from tests.fakeprovider.agent import AGENTS
from tests.fakeprovider.client_config import models_config
from tests.fakeprovider.fault import NAMED
from tests.fakeprovider.formats import FORMATS
from tests.fakeprovider.local_server import SERVERS
from tests.fakeprovider.reply import ScriptError
from tests.fakeprovider.script import Script, load, script_of
from tests.fakeprovider.server import FakeProvider
from tests.fakeprovider.vendor_error import ERRORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from tests.fakeprovider.request import Request

_EPILOG = """\
Without a script the agent "obey" answers: it does what the prompt says, a line each (say TEXT,
think TEXT, call TOOL {...}, error NAME, fault NAME), and repeats anything else.

examples:
  python3 -m tests.fakeprovider --port 8080 --log
  python3 -m tests.fakeprovider script.json --record requests.jsonl
  python3 -m tests.fakeprovider --text Hello --first 2 --error overloaded
  python3 -m tests.fakeprovider --agent '{"name": "tool_loop", "tool": "bash",
                                          "arguments": {"command": "date"}, "times": 3}'
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(
        prog="python3 -m tests.fakeprovider",
        description="A fake model provider: scripted answers and faults over HTTP on loopback.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = found.add_argument
    add("script", nargs="?", metavar="SCRIPT", help="a JSON file of replies, see script.py")
    add("--text", action="append", help="a reply; may be repeated")
    add("--agent", help=f"an agent's name or JSON: {', '.join(AGENTS)}")
    add("--port", type=int, default=0, help="default: any free one")
    add("--host", default="127.0.0.1", help="default: 127.0.0.1")
    add("--fault", action="append", default=[], help="on every answer; may be repeated")
    add("--error", help="answer with a vendor's error instead, such as overloaded")
    add("--first", type=int, default=0, metavar="N", help="--fault and --error hit the first N")
    add("--key", action="append", default=[], help="accept only these credentials")
    add("--model", action="append", help="model ids for the list; default: fake-1")
    add("--local", choices=sorted(SERVERS), help="imitate a local server's own endpoints")
    add("--lenient", action="store_true", help="do not check requests as a vendor would")
    add("--record", metavar="FILE", help="write every request there as a JSON line")
    add("--log", action="store_true", help="one line a request on stderr")
    add("--models-json", action="store_true", help="print a models.json for this server")
    add("--list", action="store_true", help="print the names of faults and errors, and exit")
    return found


def script_from(options: argparse.Namespace) -> Script:
    """The script the command line asks for. Raises ScriptError."""
    if options.script:
        script = load(options.script)
    elif options.text:
        script = Script(options.text, after="repeat")
    else:
        script = script_of({"agent": options.agent or "obey"})
    rule = {"first": options.first} if options.first else {}
    if options.fault:
        script.add_rule({**rule, "fault": options.fault})
    if options.error:
        script.add_rule({**rule, "error": options.error})
    return script


def listing() -> str:
    """The names one may use."""
    rows = {"formats": FORMATS, "agents": AGENTS, "faults": NAMED, "errors": ERRORS}
    return "".join(f"{title}\n  " + "\n  ".join(names) + "\n" for title, names in rows.items())


class _Logging(FakeProvider):
    """A fake provider that writes a line for every answered request."""

    def finish(self, request: Request, outcome: str) -> None:
        super().finish(request, outcome)
        text = request.refusal or request.conversation.last_user_text[:60].replace("\n", " ")
        line = f"{request.number} [{request.connection}] {request.method} {request.path}"
        sys.stderr.write(f"{line} -> {request.status} {outcome}  {text}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code."""
    options = parser().parse_args(arguments)
    if options.list:
        sys.stdout.write(listing())
        return 0
    kind = _Logging if options.log else FakeProvider
    try:
        fake = kind(
            script_from(options),
            host=options.host,
            port=options.port,
            local=options.local,
            record=options.record,
            strict=not options.lenient,
            keys=options.key,
            models=options.model or ("fake-1",),
        ).start()
    except (ScriptError, OSError) as error:
        sys.stderr.write(f"fakeprovider: {error}\n")
        return 2
    shown = json.dumps(models_config(fake), indent=2) if options.models_json else fake.url
    sys.stdout.write(f"{shown}\n")
    sys.stdout.flush()
    _wait_for_signal()
    fake.stop()
    return 0


def _wait_for_signal() -> None:
    done = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        done.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    done.wait()


if __name__ == "__main__":
    sys.exit(main())
