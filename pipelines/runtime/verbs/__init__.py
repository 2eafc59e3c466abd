"""What the command does: one module a verb."""
