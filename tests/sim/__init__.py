"""Seeded simulations: random streams, faults and an independent auditor."""
