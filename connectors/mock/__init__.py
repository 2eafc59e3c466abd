"""A make-believe world: what physically happens in three supermarkets, and a plain load for benchmarks.

Its truth is kept in files of its own; nothing that counts, detects or forecasts may import it.
"""
