"""What a run of each task builds, checks, writes and says: one object a task."""
