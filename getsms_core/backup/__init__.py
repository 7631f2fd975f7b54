"""Backup and restore of the whole database as one file, for SQLite and PostgreSQL."""

from getsms_core.backup.restore import CheckedBackup, RestoreResult, check_backup, restore_backup
from getsms_core.backup.snapshot import BackupResult, note_failure, write_backup

__all__ = [
    "BackupResult",
    "CheckedBackup",
    "RestoreResult",
    "check_backup",
    "note_failure",
    "restore_backup",
    "write_backup",
]
