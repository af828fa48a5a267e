"""Music made, gone on with, varied, mended: what generators do with latents beyond plain sampling."""
