"""The network as data, and what is true of it: kinds of nodes, shapes, exact values."""
