"""Trained models where people have them: in the workspace, at a Git revision or DVC experiment, in a pack."""
