"""Comparing two programs from outside; `build/compare.py` is the command."""
