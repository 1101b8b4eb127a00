"""A wheel with the verified checker inside is one for its platform; `make wheel` builds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
    """Takes along the program, where it was put beside its Python code."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say for which platform the wheel is."""
        place = "lumpver/theory/lumpcheck/lumpcheck"
        if version == "standard" and Path(self.root, place).is_file():
            build_data["artifacts"].append(f"/{place}")
            build_data["pure_python"] = False
            build_data["tag"] = "py3-none-linux_x86_64"
