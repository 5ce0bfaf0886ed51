"""Plans and runs of many members of one base scenario."""
