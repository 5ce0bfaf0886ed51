"""The report: one HTML page a result or a sweep, which opens without a network."""
