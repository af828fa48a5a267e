"""`chaconne studio`: a page on this machine to play with the models."""
