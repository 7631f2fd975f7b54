"""Errors, settings, states, permissions, formatting and translation: the layer that every other package uses."""
