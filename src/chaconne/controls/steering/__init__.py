"""How models learn to do what they are asked."""
