"""A mutant in the making: both models, the certificate, and how it came about.

version: of the certificate's text; a document of version 1 or 2 becomes one of version 3 where
    that is to be, before the first change that only version 3 has
edit: a change of the certificate's text, made after everything else
restamp: whether the digests are those of the bytes, so that they do not decide
"""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mutation.versions import current

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mutation.networks import Case, Pair

    Edit = Callable[[bytes], bytes]
    Mutator = Callable[[random.Random, "Draft"], bool]


@dataclass(slots=True)
class Draft:
    """What mutators change; each says whether it found something to change."""

    case: Case
    original: bytes
    reduced: bytes
    document: Any
    version: int = 1
    restamp: bool = True
    edits: list[Edit] = field(default_factory=list)
    history: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case, pair: Pair, version: int = 1) -> Draft:
        """A pair as it is; one that only version 3 has words for in that version."""
        version = 3 if pair.document["version"] == 3 else version
        return cls(case, pair.original, pair.reduced, deepcopy(pair.document), version)

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The facts of a certificate of version 3; none of another."""
        if self.version != 3:
            return []
        self.document = current(self.document)
        found = self.document.get("tensors") if isinstance(self.document, dict) else None
        listed = found.values() if isinstance(found, dict) else ()
        several = [facts for facts in listed if isinstance(facts, list)]
        return [fact for facts in several for fact in facts if isinstance(fact, dict)]

    @property
    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """The certificate's entries that have blocks."""
        found = self.document.get("tensors") if isinstance(self.document, dict) else None
        listed = found.items() if isinstance(found, dict) else ()
        return [(name, entry) for name, entry in listed if _has_blocks(entry)]

    def certificate(self) -> bytes:
        """The certificate's text."""
        if self.restamp and isinstance(self.document, dict):
            for name, data in (("original", self.original), ("reduced", self.reduced)):
                if isinstance(self.document.get(name), dict):
                    self.document[name]["sha256"] = hashlib.sha256(data).hexdigest()
        document = current(self.document) if self.version == 3 else self.document
        text = (
            json.dumps(_in_words(document), sort_keys=True, separators=(",", ":")).encode() + b"\n"
        )
        for edit in self.edits:
            text = edit(text)
        return text


def _in_words(value: Any) -> Any:
    """The same with all names as words: a mutator may take an object for a list, and number it."""
    if isinstance(value, dict):
        return {str(name): _in_words(part) for name, part in value.items()}
    return [_in_words(part) for part in value] if isinstance(value, list) else value


def _has_blocks(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("block"), list)
        and bool(entry["block"])
        and all(type(entry.get(name)) is int for name in ("width", "ghosts"))
    )
