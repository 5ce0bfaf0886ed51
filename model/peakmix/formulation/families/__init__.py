"""One module a constraint family; each registers itself as ``FAMILY``."""
