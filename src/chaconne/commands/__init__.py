"""What `chaconne` can do, one module a command. Heavy imports wait inside the functions."""
