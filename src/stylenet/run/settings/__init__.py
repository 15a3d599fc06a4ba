"""What the configuration says in words: names of runs, errors, tuned values, sweeps."""
