"""Where bars come from: one row of ``BAR_SOURCES`` per source; ``transport`` is the only way to the network."""
