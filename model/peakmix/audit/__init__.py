"""Full audit of a result from the tables, with its own arithmetic."""
