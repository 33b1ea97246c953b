"""The session store: entries, the files they live in, and what the model sees of them."""
