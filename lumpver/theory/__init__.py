"""The paper word for word, its examples, its theorems, and the verified checker."""
