"""Audit: what came in is accounted for, and what was posted can be proven later."""
