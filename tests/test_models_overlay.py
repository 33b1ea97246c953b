"""A newer catalogue over the one that ships."""

from __future__ import annotations

import stat

import pytest

from pi.models.catalog import Catalog
from pi.models.overlay import reader, save

SHIPPED = b'{"defaults":{"api":"a"},"models":[\n{"id":"old","name":"Old"}\n]}\n'
NEW = [{"provider": "p", "name": "New", "id": "new", "cost": {"input": 1}}]


def ships(name):
    if name == "models/p.json":
        return SHIPPED
    raise FileNotFoundError(name)


@pytest.fixture
def catalog(tmp_path):
    return lambda: Catalog(reader(str(tmp_path), ships))


def test_the_newer_file_counts(tmp_path, catalog):
    assert [model["id"] for model in catalog().models("p")] == ["old"]
    save(str(tmp_path), {"p": NEW})
    assert catalog().models("p") == NEW
    assert catalog().find("p", "new") == NEW[0]
    assert catalog().find("p", "old") is None
    path = tmp_path / "catalog" / "p.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not catalog().ships("q")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-3],
        lambda data: b"",
        lambda data: b"{}",
        lambda data: data.replace(b'{"madeBy":"', b'{"madeBy":"0.0.0-'),
    ],
    ids=["torn", "empty", "other", "of another version"],
)
def test_a_file_that_is_no_good_is_passed_over(tmp_path, catalog, damage):
    save(str(tmp_path), {"p": NEW})
    path = tmp_path / "catalog" / "p.json"
    path.write_bytes(damage(path.read_bytes()))
    assert [model["id"] for model in catalog().models("p")] == ["old"]
