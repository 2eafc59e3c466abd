"""Reading rows by a compiled map: one by one (`rows`, the last word) and a block at a time (`blocks`)."""
