"""What lies on disk: the formats of files, and in `latents` recordings and latents."""
