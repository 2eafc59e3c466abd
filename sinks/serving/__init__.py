"""What shows the store to people: the owner's socket, its client, and the board."""
