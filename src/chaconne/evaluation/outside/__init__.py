"""Audio from outside: any two folders, made with whatever tool."""
