"""The doors in: every source speaks `connectors.contract` and nothing else."""
