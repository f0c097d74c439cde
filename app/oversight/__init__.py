"""Overviews; reads only."""
