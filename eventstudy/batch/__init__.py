"""Many studies a night: each alone, each once, and an index page that never shows half of anything."""
