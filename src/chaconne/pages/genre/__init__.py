"""The page of a generator that was moved to other music, and pictures of what it makes."""
