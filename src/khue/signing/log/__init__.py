"""The evidence log: a Merkle tree in C2SP tiles, checkpoints, proofs, bundles (nhật kí bằng chứng)."""
