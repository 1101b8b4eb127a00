"""ONNX: `read` is trusted, `write` is not; what is written is read again and checked."""
