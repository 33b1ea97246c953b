"""A fake model provider: real HTTP on loopback, scripted answers, injected faults.

    from tests.fakeprovider import FakeProvider

    with FakeProvider(["Hello"], schedule=[{"first": 2, "error": "overloaded"}]) as fake:
        base_url = fake.base_url("anthropic-messages")

By hand: `python3 -m tests.fakeprovider --help`. Start reading at `server`, then `reply`, `fault`
and `script`; a new wire format is one module in `formats`.
"""

from __future__ import annotations

from tests.fakeprovider.client_config import models_config
from tests.fakeprovider.fault import NAMED, Fault
from tests.fakeprovider.local_server import LocalServer
from tests.fakeprovider.reply import Reply, ScriptError
from tests.fakeprovider.script import Script
from tests.fakeprovider.server import FakeProvider
from tests.fakeprovider.vendor_error import ERRORS

__all__ = [
    "ERRORS",
    "NAMED",
    "FakeProvider",
    "Fault",
    "LocalServer",
    "Reply",
    "Script",
    "ScriptError",
    "models_config",
]
