"""Foundation: errors, units, vocabulary and logging; imports nothing else of the package."""
