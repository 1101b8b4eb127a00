"""The NNet format: ReLU networks as text, every number an exact decimal.

A file holds sizes, limits and normalization, then per layer the rows of weights and the
biases. Hidden layers are ReLU, the last is linear; nothing is rounded either way.

limits: minima and maxima of the inputs; programs clip to them. They are not modelled: the
    network here is the one without clipping, and `limits_of` says what was read. Files with
    other limits are other functions; against a model without limits a claim is within them
normalization: x' = (x - mean) / range per input, y = y' range + mean for all outputs; mean 0
    and range 1 where a line ends before the outputs'.
    Lines of means may be longer than inputs + 1, as in the ACAS Xu files: the first
    values are the inputs', the last is the outputs' (NNet's Python readers; its C++ reader
    takes value inputs + 1 instead, which is the same unless there are superfluous ones)
flag: the third line, obsolete; any text

References
----------
Julian: *NNet*, https://github.com/sisl/NNet
"""
