"""Doors out: the store (ClickHouse or its embedded twin), its outbox, its faces, and what serves them."""
