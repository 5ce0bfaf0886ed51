"""Results: named arrays with prices, the quick audit, the store of result files and the summary."""
