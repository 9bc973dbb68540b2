"""Text and numbers made fit for a page, a terminal or a file."""
