"""Names out of files as a terminal or a page may show them: nothing in them is obeyed."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""The text with all that does not print written out, directions of writing included.

    Examples
    --------
    >>> print(visible("ok\u202ekcab\n\ud800"))
    ok\u{202e}kcab\u{a}\u{d800}
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)
