"""The promise engine against the reference, over cases and random worlds."""
