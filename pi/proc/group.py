"""The sessions of our child processes: all of them known, none of them outliving us by accident.

Each command runs in a session of its own, named by the process id of its first process (`sid`).
A session is *running* until its command ended, then *background* for as long as children that the
command left behind are alive, then forgotten.

    mark = expect(output)      # a command is about to start, its output goes into this pipe
    add(sid, mark)             # it started
    settle(sid)                # it ended; keeps it as background if something of it lives on
    kill(sid)                  # everything in it, at once
    kill_all(background=True)  # on the way out after a signal; safe in a signal handler

What becomes of them when pi ends:

    normal exit                       running ones are killed, background ones live on
    a signal (who ends pi calls `kill_all`)              all are killed
    SIGKILL, crash: nothing of Python runs any more      all are killed, by the watchdog

The watchdog is one `sh` per pi process, started with the first command, in its own session so
that Ctrl+C does not reach it. It reads lists of sessions from a pipe whose only write end is ours,
and at its end kills what the last list names. Its cost is one process of about 1 MB and one short
write before, at the start and at the end of each command. A command whose start was not told in
full, because pi died right then, is found by the pipe its output goes into.

Known limits: a child that makes a session of its own (setsid, a daemon) has left and is not
followed. A child in a process group of its own (`set -m`, `timeout`) is found through /proc, so
on Linux only. Background children are noticed by their process group or by the output pipe they
hold; one that has left both is not. Where there is no /proc, a command that pi was just starting
when it was killed lives on.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from contextlib import suppress

from pi.proc.spawn import spawn

_WATCHDOG = r"""
trap '' HUP INT QUIT TERM PIPE TSTP TTIN TTOU
list=
while IFS= read -r line; do list=$line; done
ours=' '
starting=
for entry in $list; do
  sid=${entry#?}
  case $entry in
    =*) starting="$starting $sid"; continue ;;
    ~*) kill -0 "$sid" && continue ;;
  esac
  ours="$ours$sid "
  kill -KILL -- "-$sid"
done
for pipe in $starting; do
  sleep 0.1 || sleep 1
  for round in 1 2; do
    ls -l /proc/[0-9]*/fd/1 | while IFS= read -r line; do
      case $line in *"-> pipe:[$pipe]") ;; *) continue ;; esac
      pid=${line##* /proc/}
      pid=${pid%%/*}
      kill -KILL -- "-$pid"
      kill -KILL "$pid"
    done
  done
done
[ "$ours" = ' ' ] && exit
for round in 1 2; do
  for stat in /proc/[0-9]*/stat; do
    read -r line < "$stat" || continue
    set -- ${line##*)}
    pid=${stat#/proc/}
    case $ours in *" $4 "*) kill -KILL "${pid%/stat}" ;; esac
  done
done
"""
"""A list is one line: `+sid` running, `~sid` background, `=inode` the output of one that starts.

A background session has lost its first process; where a process of that number exists, the number
was given to somebody else, who must be left alone.
"""

_HAS_PROC = os.path.exists("/proc/self/stat")

_RUNNING = "+"
_BACKGROUND = "~"

_starting: dict[int, None] = {}  # inodes of pipes
_sessions: dict[int, str] = {}  # changed by single operations, so that a signal handler may read it
_lock = threading.Lock()  # for the watchdog alone; never taken by what a signal handler calls
_watchdog: Watchdog | None = None


def expect(output: int) -> int:
    """A command is about to start with this descriptor as its output; returns its mark for `add`.

    From now on it cannot outlive pi, even if pi is killed before it knows the process id.
    """
    mark = os.fstat(output).st_ino
    _starting[mark] = None
    with _lock:
        _tell(start=True)
    return mark


def add(sid: int | None, mark: int) -> None:
    """Remember the session of a command that started; None: it could not be started."""
    if sid is not None:
        _sessions[sid] = _RUNNING
    _starting.pop(mark, None)
    with _lock:
        _tell(start=sid is not None)


def settle(sid: int, *, held: bool) -> None:
    """The command ended and was reaped; `held` says that its output is still held open."""
    if held or _group_lives(sid):
        _sessions[sid] = _BACKGROUND
    else:
        _sessions.pop(sid, None)
    with _lock:
        _drop_dead()
        _tell(start=False)


def forget(sid: int) -> None:
    """The command was killed with all it had started."""
    _sessions.pop(sid, None)
    with _lock:
        _tell(start=False)


def kill(sid: int) -> None:
    """Kill everything in a running session. Its first process must not have been reaped yet."""
    kill_group(sid)
    _kill_members({sid})


def kill_group(sid: int) -> None:
    """Kill the process group only: the short form, for a cancel callback."""
    try:
        os.killpg(sid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it is gone; macOS says EPERM where only a zombie is left


def kill_all(*, background: bool) -> None:
    """Kill the sessions of running commands and, if asked, of children left in the background."""
    doomed = {sid for sid, state in list(_sessions.items()) if state == _RUNNING or background}
    doomed = {sid for sid in doomed if _sessions.get(sid) == _RUNNING or _is_ours(sid)}
    for sid in doomed:
        kill_group(sid)
    if doomed:
        _kill_members(doomed)


def living() -> dict[int, str]:
    """The known sessions: sid -> "+" for running, "~" for background."""
    return dict(_sessions)


# --- what lives ----------------------------------------------------------------------------------


def _group_lives(sid: int) -> bool:
    try:
        os.killpg(sid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_ours(sid: int) -> bool:
    """Whether a background session can still be ours: its number was not given away again."""
    try:
        os.kill(sid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _drop_dead() -> None:
    background = {sid for sid, state in list(_sessions.items()) if state == _BACKGROUND}
    if not background:
        return
    alive = set(_processes(background).values())
    for sid in background:
        lives = sid in alive if _HAS_PROC else _group_lives(sid)
        if not (lives and _is_ours(sid)):
            _sessions.pop(sid, None)


def _processes(sids: set[int]) -> dict[int, int]:
    """The live processes in sessions, as pid -> sid, by /proc; none where there is no /proc."""
    if not _HAS_PROC:
        return {}
    found = {int(name): _session_of(name) for name in os.listdir("/proc") if name.isdecimal()}
    return {pid: sid for pid, sid in found.items() if sid in sids}


def _session_of(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as stream:
            fields = stream.read(1024).rpartition(b")")[2].split()
        return -1 if fields[0] == b"Z" else int(fields[3])
    except (OSError, IndexError, ValueError):  # it has ended meanwhile
        return -1


def _kill_members(sids: set[int]) -> None:
    """Kill what has left the process group but not the session."""
    for _ in range(2):  # what was forked while we looked is found the second time
        found = _processes(sids)
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


# --- the watchdog --------------------------------------------------------------------------------


class Watchdog:
    """The `sh` that outlives us for a moment, and our end of its pipe."""

    def __init__(self) -> None:
        read_end, self._write_end = os.pipe()  # both close on exec
        try:
            os.set_blocking(self._write_end, False)
            self._process = spawn(
                ["/bin/sh", "-c", _WATCHDOG], outputs=(None, None), stdin=read_end, cwd="/", env={}
            )
        except BaseException:
            os.close(self._write_end)
            raise
        finally:
            os.close(read_end)

    def write(self, line: str) -> bool:
        """Send a list; False if the watchdog is gone."""
        try:
            os.write(self._write_end, line.encode())
        except BlockingIOError:  # stopped by somebody; it keeps an older list
            return True
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End it; it kills what its last list names."""
        os.close(self._write_end)
        self._process.wait()


def _tell(*, start: bool) -> None:
    """Send the list of sessions; with `start`, to a new watchdog if there is none."""
    global _watchdog
    entries = [f"{state}{sid}" for sid, state in list(_sessions.items())]
    entries += [f"={mark}" for mark in list(_starting)]
    line = " ".join(entries) + "\n"
    if _watchdog is not None and not _watchdog.write(line):
        _watchdog.close()
        _watchdog = None
    if _watchdog is None and start:
        _watchdog = Watchdog()
        _watchdog.write(line)
        atexit.register(_at_exit, os.getpid())


def _at_exit(owner: int) -> None:
    global _watchdog
    if os.getpid() != owner or _watchdog is None:  # a forked copy of us has no say
        return
    kill_all(background=False)
    with _lock:
        _watchdog.write("\n")
        _watchdog.close()
        _watchdog = None
