"""The diffusion model that hears voices, and how it learns that."""
