"""What could go. Nothing in it is believed: the checker looks at the result.

forward, observation: the two sweeps; each node is asked in the file of its kind
families, readers: which tensors share their units, and what their readers allow
"""
