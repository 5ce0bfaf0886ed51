"""Figures of results, drawn with matplotlib; each has a table behind it that can be exported."""
