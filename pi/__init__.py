"""pi: a terminal coding agent, and the framework under it, on the Python standard library alone."""

__version__ = "0.1.0"
