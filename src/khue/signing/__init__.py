"""Signatures that anyone can verify without trusting us (chữ ký số): pure Python, no Django, no database.

A record is frozen as canonical text, signed in two steps (`prepare`, then `complete` with the value
that a key somewhere returned), sealed by the school, stamped, and logged. Verification answers in
three levels from one report: a sentence for people, facts per signature, JSON for programs.

`canonical`, `profile`, `tbs`, `xades` make and read records; `pades` seals PDFs; `signers` reach keys;
`tsa` stamps; `trust` knows roots, paths and revocation; `log` is the evidence log; `report` speaks;
`demo` is a PKI of our own that nothing outside the demo trusts.
"""
