"""Musika (Pasini & Schlüter 2022, arXiv:2208.08706) in PyTorch: its autoencoder, its GAN, its published files."""
