"""Recounting a solution from the derived parameters, with its own arithmetic.

The compiled matrix is not used, but for instruments that have no recount of their own (`general`).
"""
