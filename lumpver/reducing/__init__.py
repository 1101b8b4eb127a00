"""The way from a model to a smaller one with its certificate, and the self-check."""
