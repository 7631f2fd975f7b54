"""The text of a message: encoding and parts, merge fields, replacements, remarks, cost estimate, variants. Pure."""
