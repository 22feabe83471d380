"""Who asks, and may they: principals, and policies to decisions. Pure."""
