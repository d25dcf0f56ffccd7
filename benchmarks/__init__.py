"""Session History measured beside what people would build instead: `python -m benchmarks`."""
