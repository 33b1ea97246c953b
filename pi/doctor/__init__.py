"""`pi doctor`: what this installation is, what counts here and why, and what is wrong.

report    what was found: sections of facts and findings, as text and as JSON
subject   what is looked at: the environment, the folders, the configuration
examine   all sections, each so that what is broken in one does not stop the others
program, place, preference, trusted, resource, terminal, network, provider, disk: a section each
live      asking providers; only on request
"""
