"""Pages of the gradebook: parse, call one service or query, render."""
