"""RFC 3161 time-stamps: asking for them, checking them, and a local authority (dấu thời gian)."""
