"""Case files: read, run in every way, and compared face by face."""
