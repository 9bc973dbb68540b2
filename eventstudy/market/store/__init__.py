"""The local bar store: immutable segments named by content, one small pointer per series, raw answers beside them."""
