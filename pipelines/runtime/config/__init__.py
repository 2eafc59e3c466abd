"""How `jobs.yaml` becomes a checked model: text with marks, variables, models, references, problems.

Nothing here is imported at command start (pydantic and ruamel.yaml cost more than the start may take);
the door is `pipelines.runtime.jobs`.
"""
