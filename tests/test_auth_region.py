"""Where a Bedrock model is asked. The table was checked against requests of the reference."""

from __future__ import annotations

import pytest

from pi.auth.region import located, region_of
from pi.errors import NoModelError

AWS = "https://bedrock-runtime.us-east-1.amazonaws.com"
EU = "https://bedrock-runtime.eu-central-1.amazonaws.com"
ARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
GOV = "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude"
CONFIG = "[default]\nregion = eu-north-1\n[profile p]\nregion=ap-south-1\n[profile none]\n"


def at(region, suffix="amazonaws.com", kind="bedrock-runtime"):
    return f"https://{kind}.{region}.{suffix}"


@pytest.fixture
def placed(tmp_path):
    """A function: (base URL, id, **variables) -> (the address, the region of the signature)."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)

    def place(base=AWS, model_id="m", **variables):
        lookup = {"HOME": str(tmp_path), **variables}.get
        model = {"provider": "amazon-bedrock", "id": model_id, "api": "bedrock-converse-stream"}
        model = {**model, "baseUrl": base, "name": "M"}
        before = dict(model)
        found = located(model, lookup)
        assert model == before
        assert located(found, lookup) == found
        assert {**found, "baseUrl": base} == model
        return found["baseUrl"], region_of(model, lookup)

    return place


@pytest.mark.parametrize(
    ("model", "variables", "base", "region"),
    [
        ({}, {}, AWS, "us-east-1"),
        ({"base": EU}, {}, EU, "eu-central-1"),
        ({}, {"AWS_REGION": "eu-west-3"}, at("eu-west-3"), "eu-west-3"),
        ({}, {"AWS_DEFAULT_REGION": "eu-west-2"}, at("eu-west-2"), "eu-west-2"),
        (
            {},
            {"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "eu-west-2"},
            at("eu-west-3"),
            "eu-west-3",
        ),
        ({}, {"AWS_PROFILE": "p"}, at("ap-south-1"), "ap-south-1"),
        ({}, {"AWS_PROFILE": "p", "AWS_REGION": "eu-west-3"}, at("eu-west-3"), "eu-west-3"),
        ({"base": EU}, {"AWS_PROFILE": "none"}, EU, "eu-central-1"),
        ({"base": EU}, {"AWS_PROFILE": "unknown"}, EU, "eu-central-1"),
        ({"model_id": ARN}, {}, at("eu-west-1"), "eu-west-1"),
        ({"model_id": ARN}, {"AWS_REGION": "eu-west-3"}, at("eu-west-1"), "eu-west-1"),
        ({"model_id": GOV}, {}, at("us-gov-west-1"), "us-gov-west-1"),
        ({"base": ""}, {}, AWS, "us-east-1"),
        ({"base": f"{AWS}/"}, {"AWS_REGION": "eu-west-3"}, at("eu-west-3") + "/", "eu-west-3"),
        (
            {},
            {"AWS_REGION": "cn-north-1"},
            at("cn-north-1", "amazonaws.com.cn"),
            "cn-north-1",
        ),
        (
            {"base": at("cn-north-1", "amazonaws.com.cn")},
            {},
            at("cn-north-1", "amazonaws.com.cn"),
            "cn-north-1",
        ),
        (
            {"base": at("us-west-2", kind="bedrock-runtime-fips")},
            {"AWS_REGION": "us-east-2"},
            at("us-east-2", kind="bedrock-runtime-fips"),
            "us-east-2",
        ),
        ({"base": "https://proxy.example/x"}, {}, "https://proxy.example/x", "us-east-1"),
        (
            {"base": "https://proxy.example/x"},
            {"AWS_REGION": "eu-west-3"},
            "https://proxy.example/x",
            "eu-west-3",
        ),
        (
            {"base": "https://proxy.example/x", "model_id": ARN},
            {},
            "https://proxy.example/x",
            "eu-west-1",
        ),
        (
            {"base": f"{AWS}.evil.example"},
            {"AWS_REGION": "eu-west-3"},
            f"{AWS}.evil.example",
            "eu-west-3",
        ),
        (
            {"base": "https://vpce-1.bedrock-runtime.us-west-2.vpce.amazonaws.com"},
            {},
            "https://vpce-1.bedrock-runtime.us-west-2.vpce.amazonaws.com",
            "us-west-2",
        ),
    ],
)
def test_where_a_model_is_asked(placed, model, variables, base, region):
    assert placed(**model, **variables) == (base, region)


@pytest.mark.parametrize("region", ["bad region/x", "a.b", "x" * 64, "eu-west-1/..", "-a", "é"])
@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_that_is_none(placed, name, region):
    with pytest.raises(NoModelError, match=name):
        placed(**{name: region})


def test_models_of_other_formats_stay_where_they_are():
    model = {"provider": "x", "id": "m", "api": "openai-completions", "baseUrl": AWS}
    assert located(model, {"AWS_REGION": "eu-west-3"}.get) is model
