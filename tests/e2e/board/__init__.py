"""The live board in a real browser."""
