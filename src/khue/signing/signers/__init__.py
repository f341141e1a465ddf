"""Ways to reach a key: a file, a token, a phone, a remote service (nơi giữ khoá ký)."""
