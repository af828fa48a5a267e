"""The rules of four-part writing, and what Bach makes of them."""
