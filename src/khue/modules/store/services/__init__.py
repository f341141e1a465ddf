"""Writes of the store: the school sends, the department receives, verifies and decides."""
