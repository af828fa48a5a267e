"""The page of controls: what was asked for, one thing at a time, what came of it, and what it costs."""
