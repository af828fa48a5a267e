"""Counterpoint: scores on a grid, the rules that judge them, and what writes new ones.

Legend of shapes: voices count downwards (0 = the highest), frames are sixteenths.
"""
