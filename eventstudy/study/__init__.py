"""A study: what was asked (spec), the one call that answers it (run), and the answer (result)."""
