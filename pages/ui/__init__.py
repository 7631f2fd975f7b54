"""What the pages share: the session, the style, widgets and charts."""
