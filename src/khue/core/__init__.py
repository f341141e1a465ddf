"""Pure values that everything else is made of: no Django, no input or output."""
