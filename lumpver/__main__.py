"""`python -m lumpver`, and where the command `lumpver` starts."""

from __future__ import annotations

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; a Ctrl-C while it is being loaded ends it without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from lumpver.cli import main as run  # noqa: PLC0415 after the line above
    from lumpver.cli.signals import Left, leave_at_once  # noqa: PLC0415

    try:
        run()
    except Left as left:
        leave_at_once(left.args[0])


if __name__ == "__main__":
    main()
