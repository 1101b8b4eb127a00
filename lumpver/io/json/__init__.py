"""Networks as exact JSON: every number a rational `"p/q"`, one text per network.

What is written is canonical: sorted keys, no spaces, one newline at the end. What is read
may be spaced and ordered otherwise, but holds nothing unknown and nothing twice.

matrix: its rows and the number of its columns, so that it keeps its shape without rows
diagonal: the entries of a diagonal matrix; null in its place is the identity
environment: `Network.environment` in hexadecimal, left out where it is empty
"""
