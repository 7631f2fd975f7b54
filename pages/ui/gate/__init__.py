"""The parts of the authentication gate in `app.py`: cookies, WebSockets, the first start, the garbage collector."""
