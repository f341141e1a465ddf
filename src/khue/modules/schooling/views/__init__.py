"""Pages of classes: parse, call one service or query, render."""
