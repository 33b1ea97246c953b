"""Models: what there is, what the user adds to it, and which one is meant."""
