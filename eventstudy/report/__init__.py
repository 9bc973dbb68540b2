"""Figures, tables, pages and files: the only room that knows of basis points, percent and paper."""
