"""The only place that opens every door and imports an engine: jobs, plan, runners, state, replay, errors."""
