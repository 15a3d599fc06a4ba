"""Searching the settings that suit a painting: short trainings, chosen by Optuna."""
