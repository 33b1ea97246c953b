#!/usr/bin/env python3
"""Regenerate the model catalogue, `pi/data/models/*.json` and `pi/data/providers.json`.

    python3 build/catalog.py MODELS.json            write the files
    python3 build/catalog.py MODELS.json --check    only say whether they are up to date
    python3 build/catalog.py api.json               the same from the public list of models.dev

MODELS.json is `{"models": [...], "providers": {...}}`: one entry per model, with its provider, id,
type, api, baseUrl, prices and limits; per provider its name, env variables, apis and base URLs.
The public list instead (`pi/models/public.py`) changes names, prices and limits and adds models; it
knows nothing of wire formats and switches, so those stay as they are.

What MODELS.json cannot say is in the tables below: which variable is a key and which a setting, in
which order they count, which model a provider starts with.

The output is deterministic. A model file holds one model a line, so that `pi/models/catalog.py`
can pick single models out of it, and `defaults`, fields most models of the provider share.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pi.models import public  # noqa: E402 - after the path to it
from pi.models.catalog import Catalog  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA = ROOT / "pi" / "data"

TYPES = ("chat",)
"""Types of models the catalogue holds; others follow with the features that use them."""

FIELDS = (
    "id",
    "name",
    "type",
    "api",
    "baseUrl",
    "reasoning",
    "thinkingLevelMap",
    "input",
    "inputLimits",
    "contextWindow",
    "maxTokens",
    "cost",
    "promptCache",
    "headers",
    "compat",
)
"""Fields that are kept, in this order; the provider is the file's name."""

COST = ("input", "output", "cacheRead", "cacheWrite", "tiers")

SHARED = {"type": "chat", "api": None, "baseUrl": None, "input": None, "compat": {}}
"""Fields that may be factored out, and what stands for a missing one."""

RESIZE = {"maxWidth": 2000, "maxHeight": 2000, "maxBytes": 4718592, "jpegQuality": 80}
"""The resize profile that holds for every model without one: not worth repeating."""

DEFAULTS = {
    "amazon-bedrock": "us.anthropic.claude-opus-5-5",
    "ant-ling": "Ring-2.6-1T",
    "anthropic": "claude-opus-5-5",
    "openai": "gpt-6.1-sol",
    "azure": "gpt-6.1-sol",
    "openai-codex": "gpt-6.1-sol",
    "radius": "balanced",
    "nvidia": "nvidia/nemotron-3.5-super-vl-120b-a12b",
    "deepseek": "deepseek-v4-pro",
    "google": "gemini-4-argon",
    "google-vertex": "gemini-4-argon",
    "github-copilot": "gpt-6.1-sol",
    "openrouter": "moonshotai/kimi-k2.7-code",
    "vercel-ai-gateway": "zai/glm-5.3",
    "xai": "grok-4.7",
    "groq": "openai/gpt-oss-120b",
    "cerebras": "gpt-oss-120b",
    "zai": "glm-5.3",
    "zai-coding-cn": "glm-5.3",
    "mistral": "devstral-medium-latest",
    "minimax": "MiniMax-M3",
    "minimax-cn": "MiniMax-M3",
    "moonshotai": "kimi-k2.7-code",
    "moonshotai-cn": "kimi-k2.7-code",
    "huggingface": "moonshotai/Kimi-K2.7-Code",
    "fireworks": "accounts/fireworks/models/kimi-k3",
    "together": "moonshotai/Kimi-K3",
    "baseten": "zai-org/GLM-5.3",
    "opencode": "kimi-k2.7-code",
    "opencode-go": "kimi-k3.1-pro",
    "kimi-coding": "kimi-for-coding",
    "meta": "muse-spark-1.3",
    "cloudflare-workers-ai": "@cf/moonshotai/kimi-k2.7-code",
    "cloudflare-ai-gateway": "workers-ai/@cf/moonshotai/kimi-k2.7-code",
    "qwen-token-plan": "qwen3.8-max",
    "qwen-token-plan-cn": "qwen3.8-max",
    "qwen-token-plan-individual": "qwen3.8-max",
    "qwen-token-plan-individual-cn": "qwen3.8-max",
    "xiaomi": "mimo-v2.6-pro",
    "xiaomi-token-plan-cn": "mimo-v2.6-pro",
    "xiaomi-token-plan-ams": "mimo-v2.6-pro",
    "xiaomi-token-plan-sgp": "mimo-v2.6-pro",
}
"""The model a provider starts with; the order is the one in which providers are preferred."""

SIGN_IN = (
    "anthropic",
    "github-copilot",
    "kimi-coding",
    "meta",
    "openai",
    "openai-codex",
    "openrouter",
    "radius",
    "xai",
)
"""Providers that also take a login."""

AUTH: dict[str, dict[str, Any]] = {
    "anthropic": {
        "keys": [
            ["ANTHROPIC_AUTH_TOKEN", "bearer"],
            ["ANTHROPIC_OAUTH_TOKEN", "api_key"],
            ["ANTHROPIC_API_KEY", "api_key"],
        ],
        "ambient": [
            {
                "name": "workload identity federation",
                "needs": [
                    "ANTHROPIC_FEDERATION_RULE_ID",
                    "ANTHROPIC_ORGANIZATION_ID",
                    "ANTHROPIC_IDENTITY_TOKEN_FILE",
                ],
                "optional": ["ANTHROPIC_SERVICE_ACCOUNT_ID", "ANTHROPIC_WORKSPACE_ID"],
            }
        ],
    },
    "amazon-bedrock": {
        "keys": [["AWS_BEARER_TOKEN_BEDROCK", "bearer"]],
        "ambient": [
            {"name": "AWS_PROFILE", "needs": ["AWS_PROFILE"]},
            {
                "name": "AWS access keys",
                "needs": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
                "optional": ["AWS_SESSION_TOKEN"],
            },
            {"name": "ECS task role", "needs": ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]},
            {"name": "ECS task role", "needs": ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]},
            {"name": "web identity token", "needs": ["AWS_WEB_IDENTITY_TOKEN_FILE"]},
        ],
        "settings": ["AWS_REGION", "AWS_DEFAULT_REGION"],
    },
    "azure": {
        "keys": [["AZURE_OPENAI_API_KEY", "api_key"]],
        "settings": [
            "AZURE_OPENAI_BASE_URL",
            "AZURE_OPENAI_RESOURCE_NAME",
            "AZURE_OPENAI_DEPLOYMENT_NAME_MAP",
            "AZURE_OPENAI_API_VERSION",
        ],
    },
    "cloudflare-ai-gateway": {
        "keys": [["CLOUDFLARE_API_KEY", "api_key"]],
        "needs": ["CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID"],
        "header": "cf-aig-authorization",
    },
    "cloudflare-workers-ai": {
        "keys": [["CLOUDFLARE_API_KEY", "api_key"]],
        "needs": ["CLOUDFLARE_ACCOUNT_ID"],
    },
    "github-copilot": {"keys": [["COPILOT_GITHUB_TOKEN", "bearer"]]},
    "google-vertex": {
        "keys": [["GOOGLE_CLOUD_API_KEY", "api_key"]],
        "ambient": [
            {
                "name": "application default credentials",
                "needs": ["GOOGLE_CLOUD_PROJECT|GCLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"],
                "file": "GOOGLE_APPLICATION_CREDENTIALS",
            }
        ],
        "settings": ["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"],
    },
    "openai-codex": {"keys": []},
}
"""How a provider's environment is read, where it is not simply one variable with the key:

keys      variables that hold a secret, the first one set wins, and how it travels
needs     settings without which the provider cannot be used
settings  further variables the provider's wire format reads
ambient   sets of variables that stand for a credential of the machine, not a key
header    the header the key travels in, as a bearer token, instead of the format's own
"""


def model_line(model: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """One model as the catalogue stores it."""
    row = {name: model[name] for name in FIELDS if name in model}
    limits = json.loads(json.dumps(row.pop("inputLimits", {})))
    if limits.get("images", {}).get("resize") == RESIZE:
        del limits["images"]["resize"]
    row["inputLimits"] = {key: value for key, value in limits.items() if value}
    row["name"] = model.get("name", model["id"])
    for name, default in defaults.items():
        if row.setdefault(name, SHARED[name]) == default:
            del row[name]
    if "cost" in row:  # absent: unknown
        row["cost"] = {name: row["cost"][name] for name in COST if name in row["cost"]}
    said = {name for name, value in row.items() if value not in ({}, None)} | defaults.keys()
    return {name: row[name] for name in FIELDS if name in said and name in row}


def shared_fields(models: list[dict[str, Any]]) -> dict[str, Any]:
    """For each field that may be factored out, the value most models have."""
    result = {}
    for name, missing in SHARED.items():
        counts = Counter(json.dumps(model.get(name, missing), sort_keys=True) for model in models)
        text, _ = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if json.loads(text) is not None:
            result[name] = json.loads(text)
    return {name: value for name, value in result.items() if value != {}}


def model_file(models: list[dict[str, Any]]) -> str:
    """The text of one provider's file."""
    defaults = shared_fields(models)
    lines = [compact(model_line(model, defaults)) for model in models]
    head = compact({"defaults": defaults})[:-1]
    return f'{head},"models":[\n' + ",\n".join(lines) + "\n]}\n"


def provider_row(provider: str, given: dict[str, Any]) -> dict[str, Any]:
    """One provider as the catalogue stores it."""
    auth = AUTH.get(provider) or {"keys": [[name, "api_key"] for name in given["env"]]}
    known = set(compact(auth).replace("|", '"').split('"'))
    unknown = [name for name in given["env"] if name not in known]
    if unknown:
        raise SystemExit(f"{provider}: the table AUTH does not know {', '.join(unknown)}")
    row: dict[str, Any] = {"name": given["name"], "default": DEFAULTS.get(provider), **auth}
    row.update(apis=given["apis"], baseUrls=given["baseUrls"])
    if provider in SIGN_IN:
        row["signIn"] = True
    return {key: value for key, value in row.items() if value is not None}


def files_of(source: dict[str, Any]) -> dict[str, str]:
    """Every file of the catalogue, by its path below `pi/data`."""
    by_provider: dict[str, list[dict[str, Any]]] = {name: [] for name in source["providers"]}
    for model in source["models"]:
        if model["type"] in TYPES:
            by_provider[model["provider"]].append(model)
    files = {}
    for provider, models in by_provider.items():
        check(provider, models)
        if models:
            files[f"models/{provider}.json"] = model_file(models)
    order = [*DEFAULTS, *sorted(set(by_provider) - set(DEFAULTS))]
    rows = {name: provider_row(name, source["providers"][name]) for name in order}
    lines = [f"{compact(name)}:{compact(row)}" for name, row in rows.items()]
    files["providers.json"] = "{\n" + ",\n".join(lines) + "\n}\n"
    return files


def files_of_public(data: dict[str, Any]) -> dict[str, str]:
    """The model files that the public list changes, by their path below `pi/data`."""
    facts = public.parse(data)
    catalog = Catalog(lambda name: (DATA / name).read_bytes())
    files = {}
    for provider in catalog.providers():
        models = catalog.models(provider)
        if models and facts.get(provider):
            files[f"models/{provider}.json"] = model_file(public.updated(models, facts[provider]))
    return files


def check(provider: str, models: list[dict[str, Any]]) -> None:
    """Stop at what the catalogue cannot hold."""
    ids = [model["id"] for model in models]
    if len({name.lower() for name in ids}) < len(ids):
        raise SystemExit(f"{provider}: two models have one id")
    default = DEFAULTS.get(provider)
    if models and default not in ids:
        raise SystemExit(f"{provider}: its default model {default} is not in the list")
    for model in models:
        if any("$" in value or value[:1] == "!" for value in model.get("headers", {}).values()):
            raise SystemExit(f"{provider}/{model['id']}: a header would be interpolated")


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Regenerate the model catalogue.")
    parser.add_argument("source", type=Path, help="JSON file with models and providers")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args(arguments)
    source = json.loads(options.source.read_text("utf-8"))
    if isinstance(source.get("models"), list):
        files = files_of(source)
        present = {path.relative_to(DATA).as_posix() for path in (DATA / "models").glob("*.json")}
        stale = sorted(present - set(files))
    else:
        files, stale = files_of_public(source), []
    changed = [
        name
        for name, text in files.items()
        if not (DATA / name).is_file() or (DATA / name).read_text("utf-8") != text
    ]
    if not options.check:
        (DATA / "models").mkdir(parents=True, exist_ok=True)
        for name in changed:
            (DATA / name).write_text(files[name], "utf-8")
        for name in stale:
            (DATA / name).unlink()
    print(f"{len(files)} files, {len(changed)} changed, {len(stale)} removed")
    return int(options.check and bool(changed or stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
