"""The numbers of a row: distances and shares of its clips against the reference, with their intervals."""
