"""The nouns of stocktwin: what may be written on the wire, and what it means.

One typed definition per event type (`families/`), collected in `registry`; the Arrow schema, the JSON Schema
and the reference pages are derived from it (`derive`, `pages`), never written twice. Beside them stand the
units (`units`), the identifiers with check digits (`ids`), the chart of places (`accounts`), the reasons
for refusing a record (`reasons`), the upcasters of old payloads (`evolve`) and the tables (`tables`).

Nothing here reads a clock, a random source or a socket, and only `derive` needs pyarrow.
"""
