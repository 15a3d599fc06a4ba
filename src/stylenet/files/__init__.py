"""Files: downloads, archives, checksums, locks, writing that is whole or not at all."""
