"""Packs: opened, made, with their card; and the places and revisions of a project that they are made from."""
