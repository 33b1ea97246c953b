"""What a harness is made of: the course of one prompt, and what is done for it on the way."""
