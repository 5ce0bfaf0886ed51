"""Sweeps: many members of one scenario, planned first, solved from one compilation a structure, kept chunk by chunk."""
