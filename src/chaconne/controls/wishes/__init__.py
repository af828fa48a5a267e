"""What can be asked for, in numbers and names."""
