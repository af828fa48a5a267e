"""From scores and recordings to packed audio."""
