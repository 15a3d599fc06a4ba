"""Region maps and sketches of a run: from configuration and files to arrays."""
