"""Notes drawn from the network within the rules."""
