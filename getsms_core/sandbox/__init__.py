"""The practice gateway: a real HTTP server that speaks the gateway's protocol, counts what reaches it and can fail.

It never sends an SMS and imports nothing of the store. `python -m getsms_core.sandbox` starts it by itself;
`getsms_core.sandbox.process.ensure` finds or starts the one that belongs to a folder.
"""
