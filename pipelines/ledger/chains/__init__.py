"""Chains: what happened in each cell in the order of event time, posted, and posted anew when it changes."""
