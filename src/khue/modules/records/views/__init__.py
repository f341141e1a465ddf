"""Pages of signed records: parse, call one service or query, render."""
