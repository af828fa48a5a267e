"""Music generation in a highly compressed latent space: one ground, many variations."""
