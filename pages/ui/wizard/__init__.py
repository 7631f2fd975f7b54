"""The steps of a new campaign."""
