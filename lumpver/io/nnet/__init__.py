"""The NNet format: ReLU networks as text, every number an exact decimal.

A file holds sizes, limits and normalization, then per layer the rows of weights and the
biases. Hidden layers are ReLU, the last is linear; nothing is rounded either way.

limits: minima and maxima of the inputs; some programs clip to them. They are kept as
    text and not modelled: the network here is the one without clipping
normalization: x' = (x - mean) / range per input, y = y' range + mean for all outputs.
    Lines of means may be longer than inputs + 1, as in the ACAS Xu files: the first
    values are the inputs', the last is the outputs' (NNet's Python readers; its C++ reader
    takes value inputs + 1 instead, which is the same unless there are superfluous ones)
flag: the third line, obsolete; any text

References
----------
Julian: *NNet*, https://github.com/sisl/NNet
"""

from lumpver.io.nnet.header import Header
from lumpver.io.nnet.reading import read
from lumpver.io.nnet.writing import write

__all__ = ["Header", "read", "write"]
