"""Promised work: rows written with the decision that needs them."""
