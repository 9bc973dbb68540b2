"""Abnormal returns to statements of significance."""
