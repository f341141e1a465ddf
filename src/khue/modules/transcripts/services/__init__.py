"""Writes of transcripts."""
