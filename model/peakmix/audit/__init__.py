"""Full audit: a solution recomputed from the resolved tables with arithmetic of its own."""
