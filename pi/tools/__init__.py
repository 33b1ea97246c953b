"""The built-in tools: what the model may do in the folder it works in."""
