"""The practice gateway: a real HTTP server with the gateway's protocol that counts what it receives and can simulate
faults.

It never sends an SMS and does not use the database. `python -m getsms_core.sandbox` starts it alone;
`getsms_core.sandbox.process.ensure_running` finds or starts the one of a folder.
"""
