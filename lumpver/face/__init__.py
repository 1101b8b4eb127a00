"""The functions that `lumpver` offers, over files, models and networks alike."""
