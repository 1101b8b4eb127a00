"""The smaller network, and what fits the number types of its file.

building: the pass over the nodes; each is built in the file of its kind
fitting, representable, cancelling: which lumping to build by, for a file's numbers
"""
