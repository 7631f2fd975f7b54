"""Saved reports on a schedule and delivery alerts."""
