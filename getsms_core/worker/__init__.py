"""The worker: its loop, the registry of workers, and background jobs."""
