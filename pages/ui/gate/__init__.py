"""The parts of the authentication gate in `app.py`: sign-in pages, cookies, WebSockets, uploads, files, health."""
