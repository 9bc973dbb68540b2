"""Event lists: read, check, merge and write."""
