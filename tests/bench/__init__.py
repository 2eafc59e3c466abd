"""Speed, latency and memory as ratios of one run: `python -m tests.bench`, explained in docs/speed.md."""
