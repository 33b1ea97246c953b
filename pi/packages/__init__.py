"""Packages: extensions, skills, prompt templates and themes that are installed as one."""
