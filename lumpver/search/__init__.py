"""What could go. Nothing in it is believed: the checker looks at the result."""
