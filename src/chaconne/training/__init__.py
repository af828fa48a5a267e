"""How models learn, and how latents and audio are made with them: the contract of generators, encoding, sampling."""
