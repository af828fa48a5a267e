"""What a generator is: its contract, and what several of them are made of and learn with."""
