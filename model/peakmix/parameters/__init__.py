"""Derivation: tables and scenario become labelled arrays on the model's own index."""
