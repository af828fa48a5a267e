"""What `chaconne doctor` looks at: the environment, the machine, caches, the project and its models."""
