"""Writes of schooling, one file per noun: years, classes, pupils of a class, teaching."""
