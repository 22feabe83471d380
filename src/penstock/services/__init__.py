"""One room per AWS service, all of one shape; see docs/architecture.md. A service never imports another: it calls."""
