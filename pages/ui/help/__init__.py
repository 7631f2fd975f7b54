"""Help: the guides of the roles."""
