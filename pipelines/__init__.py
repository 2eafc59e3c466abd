"""The verbs: steps that turn events into movements, numbers and answers."""
