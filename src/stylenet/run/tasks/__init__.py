"""What a run of each task makes, checks, writes and says."""
