"""Controls: models that are asked for numbers (tempo, density, register, brightness) and names along a piece."""
