"""WebSocket APIs: connections, the routes of their messages, and the `@connections` API that talks back."""
