"""Real packages, made for the reference: the same resources here as there.

    PI_TEST_REGISTRY="$(npm config get registry)" pytest tests/test_packages_online.py

Off without that variable, and without a network. What each should bring was read from the reference
with its extensions switched off; only the number of files is kept where there are many.
"""

from __future__ import annotations

import json
import os

import pytest

REGISTRY = os.environ.get("PI_TEST_REGISTRY", "")
PASSED_ON = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "PI_CA_BUNDLE")

pytestmark = pytest.mark.skipif(not REGISTRY, reason="PI_TEST_REGISTRY names the registry to use")

PACKAGES = {
    "npm:pi-subagents@0.67.0": {
        "skills": {"council-mode", "pi-subagents"},
        "prompts": {
            *("council", "gather-context-and-clarify", "parallel-cleanup", "parallel-research"),
            *("parallel-review", "review-loop"),
        },
    },
    "npm:@tmustier/pi-ralph-wiggum@0.2.3": {"skills": {"pi-ralph-wiggum"}},
    "npm:pi-prompt-template-model@0.12.2": {"skills": {"prompt-template-authoring"}},
    "npm:pi-autoresearch@1.6.0": {
        "skills": {"autoresearch-create", "autoresearch-finalize", "autoresearch-hooks"}
    },
    "npm:@aliou/pi-processes@0.12.0": {"skills": {"pi-processes"}},
    "npm:pi-themes@1.0.1": {"themes": 10},
    "npm:@ifi/oh-pi-themes@0.5.1": {"themes": 6},
}


@pytest.mark.parametrize(("source", "wanted"), PACKAGES.items())
def test_a_package_of_the_reference(run_pi, agent_home, source, wanted):
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    env = {"PI_OFFLINE": None, "npm_config_registry": REGISTRY, **passed_on}
    done = run_pi("install", source, env=env)
    assert done.code == 0, done.stderr
    rows = json.loads(run_pi("config", "resources", "--json").stdout)
    found = {row["kind"]: {x["name"] for x in rows if x["kind"] == row["kind"]} for row in rows}
    assert {
        kind: len(names) if isinstance(wanted.get(kind), int) else names
        for kind, names in found.items()
    } == wanted
    assert all(row["enabled"] and row["source"] == source for row in rows)
