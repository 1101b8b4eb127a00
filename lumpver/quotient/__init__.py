"""The smaller network, and what fits the number types of its file."""
