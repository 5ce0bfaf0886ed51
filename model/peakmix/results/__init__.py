"""Named arrays and prices, the quick audit and the result store."""
