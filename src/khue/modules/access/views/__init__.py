"""Pages of accounts, grants, emergency access, explanations and the log."""
