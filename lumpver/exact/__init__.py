"""Exact scalars and matrices: the only place that knows how numbers are stored."""
