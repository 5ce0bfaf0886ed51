"""Recounting a solution from the derived parameters alone, with its own arithmetic; the compiled matrix is not used."""
