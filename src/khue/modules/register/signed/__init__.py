"""The register's year as a signed record: its page, the act of closing, reading it back."""
