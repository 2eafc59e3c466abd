"""From what the walk wrote to the tables of the store."""
