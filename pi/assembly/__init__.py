"""Putting a conversation together: configuration, session, resources, extensions, tools, prompt."""
