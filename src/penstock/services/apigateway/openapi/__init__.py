"""OpenAPI documents: read into an API, and made of a stage."""
