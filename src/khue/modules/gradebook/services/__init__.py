"""Writes of the gradebook, one file per intention."""
