"""Sales and margin: its faces are in `sinks/views/finance`; `ledger.post` writes the tables behind them."""
