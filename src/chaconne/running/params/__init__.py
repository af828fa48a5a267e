"""params.yaml, its presets and what may stand in them."""
