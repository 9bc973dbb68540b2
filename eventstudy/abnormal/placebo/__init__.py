"""Days and dates without the event."""
