"""What all pages share: look, policy, players, charts, tables."""
