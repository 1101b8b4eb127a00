"""ONNX in and out: bytes, constants, operators, networks, and back."""
