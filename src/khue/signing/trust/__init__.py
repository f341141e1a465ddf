"""Who is trusted (niềm tin): certificates and whom they name, dated sets of roots, paths, revocation."""
