"""Text to a dated, reviewable event."""
