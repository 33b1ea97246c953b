"""The ways to use a conversation: print and JSON here; RPC and the screen come later."""
