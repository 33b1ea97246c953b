"""Fixtures that several test files use.

provider     a running FakeProvider with an empty script: `provider.reply("Hello")`
agent_home   a temporary HOME, agent directory and project; its models.json points to `provider`:
             models fake-openai/fake-1, fake-openai/fake-think, fake-anthropic/...
run_pi       run_pi("-p", "hi", stdin="", env={}) -> Finished(code, stdout, stderr), run in
             `agent_home` with nothing of the caller's environment but PATH; see `tests.launch`
"""

from __future__ import annotations

import functools

import pytest

from tests import launch
from tests.fakeprovider import FakeProvider, models_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A running fake provider; fails the test when a script function raised."""
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def agent_home(tmp_path: Path, provider: FakeProvider) -> launch.AgentHome:
    """A temporary home whose models talk to `provider`."""
    home = launch.make_home(tmp_path)
    home.write("models.json", models_config(provider))
    return home


@pytest.fixture
def run_pi(agent_home: launch.AgentHome) -> Callable[..., launch.Finished]:
    """Runs `pi` in `agent_home`."""
    return functools.partial(launch.run, agent_home)
