"""Background jobs on the pages."""
