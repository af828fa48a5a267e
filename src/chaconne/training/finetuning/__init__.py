"""A trained generator moved to other music: which layers learn, what it keeps of the old, when it is enough."""
