"""The compiled part of the ledger: plain loops over int64 tables, all or nothing per record."""
