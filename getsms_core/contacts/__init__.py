"""Recipient lists: reading, validation, storage, set operations, and opt-outs."""
