"""Who writes: by rules, by the network, free or under a melody; and judging of single scores."""
