"""Processes of our own: how they are ended."""
