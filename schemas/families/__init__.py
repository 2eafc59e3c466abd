"""One module per family of events; each holds `FAMILY`, and `schemas.registry` collects them."""
