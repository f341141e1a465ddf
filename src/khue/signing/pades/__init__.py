"""PAdES seals on PDFs that we rendered, and verification of PDFs (dấu của nhà trường trên bản in)."""
