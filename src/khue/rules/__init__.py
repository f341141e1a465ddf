"""The law as pure functions: facts in, result with reasons out. No Django, no clock, no database."""
