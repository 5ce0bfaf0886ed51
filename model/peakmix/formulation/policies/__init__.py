"""One module a policy instrument; each registers itself as ``INSTRUMENT``."""
