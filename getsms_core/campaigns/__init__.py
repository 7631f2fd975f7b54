"""Campaigns: life cycle, building messages, approval, templates, test sends, responses, retention."""
