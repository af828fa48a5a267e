"""Who is ahead, by one rule."""
