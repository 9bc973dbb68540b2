"""One file per figure; each draws a view and knows nothing of studies."""
