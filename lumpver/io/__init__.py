"""Model formats: one module or package each, and `files` that chooses among them."""
