"""The past: recent events and chains in memory, immutable runs on disk, and the way back from those."""
