"""How far two networks are apart on boxes: bounds of both, and of what one is more than the other.

Everything here is trusted: it recomputes what a certificate of closeness claims.
"""
