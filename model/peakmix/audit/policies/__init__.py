"""One module an instrument, the twin of the one in the formulation; each checks its policies in its own way."""
