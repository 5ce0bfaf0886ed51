"""Answers, comparisons and figures from result files."""
