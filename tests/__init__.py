"""Tests; a package, so that the repository root is importable from every test."""
