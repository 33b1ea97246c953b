"""What is found on disk for a conversation: context files, later skills, templates and themes."""
