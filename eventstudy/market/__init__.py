"""Raw bars to clean returns on a trading clock."""
