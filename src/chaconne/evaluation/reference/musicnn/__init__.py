"""musicnn, a music tagger that nobody here trained: its weights, its network, and the embedders made of them."""
