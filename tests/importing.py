"""What importing one module loads and says, for each name that is read: a script of its own.

The packages named as arguments are imported first, once; then each name has a fork, which has
none of lumpver's modules, so that any of them is the first one imported.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback


def answer(name: str) -> dict[str, object]:
    """Whether it could be imported, what is loaded then, and what was printed."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as found:
        pid = os.fork()
        if pid == 0:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            try:
                importlib.import_module(name)
                json.dump(sorted(sys.modules), found)
                found.flush()
                sys.stdout.flush()
                os._exit(0)
            except BaseException:  # noqa: BLE001 said to who asks
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        said.seek(0)
        found.seek(0)
        return {"status": status, "said": said.read(), "loaded": json.loads(found.read() or "[]")}


if __name__ == "__main__":
    for package in sys.argv[1:]:
        importlib.import_module(package)
    assert not any(name.startswith("lumpver") for name in sys.modules)
    for line in sys.stdin:
        print(json.dumps(answer(line.strip())), flush=True)  # noqa: T201 a script
