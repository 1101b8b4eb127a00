"""Networks at random, trials in floats, and the audit of somebody else's reducer."""
