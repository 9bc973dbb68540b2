"""Expected-return models."""
