"""Results to figures, tables and documents."""
