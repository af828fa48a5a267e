"""What makes pieces a collection: sources parsed side by side, groups of one melody, families of twins."""
