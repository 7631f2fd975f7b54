"""Backup and restore: the whole database as one file, whichever database it is, and back."""

from getsms_core.backup.restore import Checked, Restored, check, restore
from getsms_core.backup.snapshot import Written, write

__all__ = ["Checked", "Restored", "Written", "check", "restore", "write"]
