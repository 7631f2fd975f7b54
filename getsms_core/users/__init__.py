"""Users: sign-in, roles, passwords and sessions."""
