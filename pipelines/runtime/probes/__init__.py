"""What `doctor` and `check` look at: the environment, a data directory, an input on trial."""
