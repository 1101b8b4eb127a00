"""From networks to ONNX models; nobody has to trust it, since what it writes is read again."""

from lumpver.io.onnx.write.writing import encoded, write

__all__ = ["encoded", "write"]
