"""The baseline: the same job done event by event on Bytewax."""
