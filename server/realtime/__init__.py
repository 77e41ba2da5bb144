"""Fan-out: what a commit announced reaches everybody who is connected."""
