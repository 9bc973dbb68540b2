"""Where bars come from: one row of ``BAR_SOURCES`` per source; ``transport`` is the only door to the network."""
