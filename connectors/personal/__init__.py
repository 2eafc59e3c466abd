"""Persons are pseudonymised at the door: what is archived names none."""
