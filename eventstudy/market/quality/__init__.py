"""What is wrong with a series, with row numbers: each kind is repaired by a stated rule, or refused."""
