"""The HTTP server, who answers which host and path, and the AWS API endpoint."""
