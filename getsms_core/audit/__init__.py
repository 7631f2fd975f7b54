"""The audit log: writing entries and wording them."""
