"""Writes of transfers, one file per intention."""
