"""A notebook executed in a kernel: `python execute_notebook.py SOURCE TARGET`.

This is a process of its own, because the client of a kernel leaves sockets to the garbage
collector. It talks to the kernel through files where it can: a port that was free may be
taken by the time it is needed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory


def execute(source: Path, target: Path) -> None:
    """Run the cells of `source` in a folder of its own, and write them with outputs to `target`.

    Beside the cells lie the results of the experiment, as they do in the repository.
    """
    from nbclient import NotebookClient
    from nbformat import read, write

    notebook = read(source, as_version=4)
    with TemporaryDirectory() as folder:
        results = source.resolve().with_name("experiment")
        if results.is_dir():
            copytree(results, Path(folder, results.name))
        place = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=None, resources=place, coalesce_streams=True)
        client.create_kernel_manager()
        if os.name == "posix":
            client.km.transport, client.km.ip = "ipc", str(Path(folder, "kernel"))
        client.execute()
    write(notebook, target)


if __name__ == "__main__":
    execute(Path(sys.argv[1]), Path(sys.argv[2]))
