"""What reactions go with: groups, surprises, characteristics, matched days."""
