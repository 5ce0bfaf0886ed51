"""Compilation to arrays, the living HiGHS model, the certificate and the analysis of conflicts."""
