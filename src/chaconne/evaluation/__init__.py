"""How far generated audio is from real audio; reads files only, knows no generator."""
