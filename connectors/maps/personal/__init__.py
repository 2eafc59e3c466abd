"""Persons in mapped rows: which columns name them, and putting pseudonyms there before a row is archived."""
