"""Writes of signed records, one file per intention."""
