"""Finding a corpus: parsing its scores, fetching its recordings."""
