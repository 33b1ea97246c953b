"""The agent as a face drives it: prompts, commands, the user's shell, what comes next."""
