"""Recipient lists and opt-outs."""
