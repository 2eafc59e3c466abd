"""Stock on hand: its faces are in `sinks/views/stock`; `ledger.post` writes the tables behind them."""
