"""E-mail: building a message and the SMTP conversation."""
