"""A PKI of our own for the demo and the tests; its roots are the set TEST (chứng thư thử)."""
