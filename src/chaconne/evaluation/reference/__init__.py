"""What every row is measured against, and how clips are heard: spectra, notes, embeddings and the spaces they span."""
