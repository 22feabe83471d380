"""What gateways have in common: an exchange, its payloads, its route, what stands behind it, and its log.

REST, HTTP and WebSocket APIs, and as far as they need it function URLs and load balancers.
"""
