"""What long work tells about itself while it goes on.

    Step("download", "left-pad@1.3.0", 4096, 11205)     bytes; total None where it is not known
    Step("look up", "left-pad", 3, None)                packages
    Step("unpack", "left-pad@1.3.0", 7, None)           files
    Step("install", "left-pad", 2, 5)                   packages

Steps come on the thread that works, for every piece of a download; whoever draws them decides how
often. With `done` 0 or None of a total they are the same words again.
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.cancel import CancelToken

    Progress = Callable[["Step"], object]

VERBS = {"look up": "packages", "download": "bytes", "unpack": "files", "install": "packages"}
"""Verb -> what `done` and `total` count."""


class Step(Value):
    """How far one piece of work has come. `subject` is "name@version", a name, or a URL's place."""

    verb: str
    subject: str
    done: int = 0
    total: int | None = None

    def line(self) -> str:
        """The step as a plain line: "download left-pad@1.3.0 (11 kB)"."""
        if self.verb == "download":
            size = f" ({self.total / 1000:.0f} kB)" if self.total else ""
            return f"{self.verb} {self.subject}{size}"
        count = f" ({self.done} of {self.total})" if self.total else ""
        return f"{self.verb} {self.subject}{count}"


def silent(_: Step) -> None:
    """For nobody who listens."""


class Job(Value):
    """What long work obeys and whom it tells how far it is."""

    token: CancelToken
    progress: Progress = silent

    def tell(self, verb: str, subject: str, done: int = 0, total: int | None = None) -> None:
        """Report a step; stop here if the token has fired. Raises Cancelled."""
        self.token.check()
        self.progress(Step(verb, subject, done, total))
