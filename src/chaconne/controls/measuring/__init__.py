"""Asked against heard: judges and tables."""
