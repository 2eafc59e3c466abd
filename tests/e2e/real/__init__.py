"""The two public data sets through the real command."""
