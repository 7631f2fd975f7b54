"""The text editor, its live counter and the panels about a text."""
