"""Where mappings and pipes read from, one module per kind of source."""
