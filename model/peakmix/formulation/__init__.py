"""The linear programme in Pyomo: a registry of constraint families and policy instruments."""
