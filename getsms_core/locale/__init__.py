"""The translations: `getsms.pot` holds every sentence; `python -m getsms_core.locale` collects them."""
