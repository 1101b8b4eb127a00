"""The experiments that lumpver repeats: they stand beside the package, no user imports them."""
