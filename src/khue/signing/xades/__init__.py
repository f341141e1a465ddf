"""XAdES signatures of the closed profile: prepare, complete, verify, augment (chữ ký trên hồ sơ XML)."""
