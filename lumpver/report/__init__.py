"""Answers for people: pictures, pages, and what a notebook shows."""
