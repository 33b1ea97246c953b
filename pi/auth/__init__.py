"""Keys and logins: where they are stored, who has some, and how they travel with a request."""
