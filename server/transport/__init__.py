"""The doors: Socket.IO namespaces and HTTP routes. Thin: decode, ask a service, answer."""
