"""What is heard of tempo, density, register, brightness."""
