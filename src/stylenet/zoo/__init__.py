"""Trained nets that ship, and their cards: data only, read by ``stylenet.apply.zoo``."""
