"""What the pages share: the session, the house style, widgets and charts."""
