"""What each kind of file means for the database: a plan that people can read, the writing, the undo."""
