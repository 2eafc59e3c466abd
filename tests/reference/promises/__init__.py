"""Promises: reservations, pending movements, pools, lots that may be given out, and what is available.

They belong to admission: granted or refused at arrival from what is known then, and never unmade by what
comes later. Only the stock that a pool holds is moved by lines; a promise itself posts none.
"""
