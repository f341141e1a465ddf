"""Pages of the store, and its interface for programs."""
