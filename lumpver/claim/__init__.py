"""What is claimed of two models, and the file that says why: the certificate."""
