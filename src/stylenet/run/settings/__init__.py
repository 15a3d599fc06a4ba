"""What the configuration says in words: names of runs, errors, inputs of tasks, sweeps."""
