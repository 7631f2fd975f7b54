"""Notices to users: what happened, once each, in the app and by e-mail."""
