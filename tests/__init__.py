"""The tests: `unit`, `cases` per step, `conformance`, the slow `reference` ledger, `sim`, `e2e`, `bench`."""
