"""The screen: one thin script a page. A page reads, shows and records an intent; nothing else."""
