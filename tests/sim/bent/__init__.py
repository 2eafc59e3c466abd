"""Seeded mistakes: records and rows bent in every way, and the job that has to judge them."""
