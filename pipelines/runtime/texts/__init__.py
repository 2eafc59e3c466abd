"""The catalogue of texts, one module per place where they are shown; each `TEXTS` is msgid -> (zh, en)."""
