"""The network of four voices, what it reads, and how it learns."""
