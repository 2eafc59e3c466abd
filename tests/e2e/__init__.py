"""Tests that start the real command, a real browser, or kill processes."""
