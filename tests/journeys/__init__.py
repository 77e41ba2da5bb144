"""People doing things over real connections to a real server."""
