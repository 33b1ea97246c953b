#!/usr/bin/env python3
"""How pi behaves beside another program, from outside: the same conversations with both.

    python3 build/compare.py --against 'node_modules/.bin/pi'
    python3 build/compare.py --against ... --only retry --verbose
    python3 build/compare.py --list

Each scenario (`parity/`) runs with both programs against `tests/fakeprovider`, each time in a
folder, home and project of its own. Compared are exit status, standard output and error, the events
of JSON mode, the requests, and the session files. Each difference is printed once, with the
scenarios where it shows; those that are meant (`parity/known.py`, docs/differences.md) are marked
as known. The status is 1 when there is one that nobody knows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shlex
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "build")]

from parity import known  # noqa: E402 - after the path
from parity.difference import differences  # noqa: E402
from parity.normal import normal  # noqa: E402
from parity.scenario import Observed, observe  # noqa: E402
from parity.scenarios import SCENARIOS  # noqa: E402

from pi.value import replace  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from parity.difference import Difference
    from parity.scenario import Scenario

SHOWN = 600


def main() -> int:
    options = _options()
    for number in (signal.SIGINT, signal.SIGHUP):  # nohup's would be inherited by the programs
        signal.signal(number, signal.SIG_DFL)
    chosen = [
        (scenario, wire)
        for scenario in SCENARIOS
        if re.search(options.only, scenario.name)
        for wire in scenario.on
    ]
    if options.list or not chosen:
        print("\n".join(f"{scenario.name} ({wire})" for scenario, wire in chosen) or "none")
        return 0 if chosen else 2
    programs = shlex.split(options.pi), shlex.split(options.against)
    report = _Report(options.verbose)
    with ThreadPoolExecutor(options.jobs) as pool:
        compared = pool.map(lambda pair: _compare(*pair, programs, options.cache), chosen)
        for (scenario, wire), found in zip(chosen, compared, strict=True):
            report.add(f"{scenario.name} ({wire})", found)
    report.show(len(chosen), whole=not options.only)
    return 1 if report.unknown else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    own = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'pi.py'))}"
    parser.add_argument("--pi", default=own, help="the command that starts our pi")
    parser.add_argument("--against", default="", help="the command of the program to compare with")
    parser.add_argument("--only", default="", help="a pattern of scenario names")
    parser.add_argument("--jobs", type=int, default=2, help="scenarios at a time; default: 2")
    parser.add_argument("--cache", default="", help="a folder for what the other program did")
    parser.add_argument("--verbose", action="store_true", help="whole values, every scenario")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios")
    options = parser.parse_args()
    if not (options.against or options.list):
        parser.error("--against is needed: the command of the program to compare with")
    return options


def _compare(
    scenario: Scenario, wire: str, programs: tuple[list[str], list[str]], cache: str
) -> list[Difference]:
    ours = normal(observe(scenario, wire, programs[0]))
    return list(differences(ours, _theirs(scenario, wire, programs[1], cache)))


def _theirs(scenario: Scenario, wire: str, program: list[str], cache: str) -> Any:
    """What the other program did, perhaps in an earlier comparison: it changes less than ours."""
    if not cache:
        return normal(observe(scenario, wire, program))
    words = repr((replace(scenario, prepare=scenario.prepare is not None), wire, program))
    path = Path(cache) / f"{hashlib.sha256(words.encode()).hexdigest()[:32]}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(observe(scenario, wire, program).as_json()), "utf-8")
    return normal(Observed(**json.loads(path.read_text("utf-8"))))


class _Report:
    """Collects differences; the same one in several scenarios is one."""

    def __init__(self, is_verbose: bool) -> None:
        self.unknown: dict[str, tuple[Difference, list[str]]] = {}
        self._known: dict[str, list[str]] = {row.title: [] for row in known.KNOWN}
        self._limit = sys.maxsize if is_verbose else SHOWN
        self._most_places = sys.maxsize if is_verbose else 2

    def add(self, scenario: str, found: list[Difference]) -> None:
        for difference in found:
            row = known.reason(difference, scenario)
            if row is not None:
                self._known[row.title].append(scenario)
            else:
                self.unknown.setdefault(difference.key, (difference, []))[1].append(scenario)

    def show(self, count: int, *, whole: bool) -> None:
        for title, where in self._known.items():
            if where:
                print(f"known    {title}  ({self._places(where)})")
            elif whole:
                print(f"unused   {title}: nothing shows this difference any more")
        for key, (difference, where) in self.unknown.items():
            print(f"unknown  {key}  ({self._places(where)})")
            print(f"           ours:   {self._text(difference.ours)}")
            print(f"           theirs: {self._text(difference.theirs)}")
        print(f"{count} conversations, {len(self.unknown)} unknown differences")

    def _text(self, value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
        return text if len(text) <= self._limit else text[: self._limit] + "..."

    def _places(self, where: list[str]) -> str:
        names = list(dict.fromkeys(where))
        more = len(names) - self._most_places
        shown = ", ".join(names[: self._most_places])
        return f"{shown} and {more} more" if more > 0 else shown


if __name__ == "__main__":
    sys.exit(main())
