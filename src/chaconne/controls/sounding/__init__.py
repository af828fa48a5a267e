"""The scores as variants, and what sounds in them frame by frame."""
