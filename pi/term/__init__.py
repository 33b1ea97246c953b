"""The terminal: the only place that changes its state or writes control sequences to it."""
