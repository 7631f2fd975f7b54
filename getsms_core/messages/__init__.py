"""The text of a message: encoding and parts, merge fields, replacements, lint, cost estimate, variants. Pure."""
