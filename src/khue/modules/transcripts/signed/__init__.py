"""Transcripts as signed records: the acts of those who sign, and what waits for them."""
