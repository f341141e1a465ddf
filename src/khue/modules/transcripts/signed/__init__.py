"""Transcripts as signed records: the acts of teachers, homeroom teachers and principals, what waits for them."""
