"""What happens after a commit, from a stored position in the log."""
