"""Socket.IO made strict, bounded and fast; knows nothing of chat and imports nothing of ours."""
