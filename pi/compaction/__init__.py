"""Summarising what a context has no room for: old messages, and branches that are left."""
