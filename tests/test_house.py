"""Tests of the map in README: the picture and the table are about the package as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from house import FLOORS, TRUSTED, WAY, house
from test_architecture import ORDER
from test_architecture import TRUSTED as BOUNDED

ROOT: Final = Path(__file__).resolve().parents[1]
MAP: Final = (ROOT / "README.md").read_text(encoding="utf-8").split("## Map of the code")[1]


def test_the_picture_is_of_these_floors() -> None:
    """Every floor is drawn, in order; the shaded ones are those whose size is bounded."""
    assert [*FLOORS] == [floor for floor in ORDER if not floor.startswith("__")]
    assert {*TRUSTED} == {*BOUNDED} - {"readers"} | {"io"}
    drawn = (ROOT / "notebooks" / "pictures" / "house.svg").read_text(encoding="utf-8")
    assert drawn == house()


def test_the_way_leads_through_files_that_exist() -> None:
    """Each step of the table is one of the picture, on the floor that its files stand on."""
    rows = re.findall(r"^\| (\d) \|.*\| (`[^|]*`) \|$", MAP, re.MULTILINE)
    assert [int(number) for number, _ in rows] == [*range(1, len(WAY) + 1)]
    for (_, cell), (floor, _) in zip(rows, WAY, strict=True):
        names = re.findall(r"`([^`]+)`", cell)
        folder = Path(names[0]).parent
        places = [name if "/" in name else str(folder / name) for name in names]
        assert all((ROOT / "lumpver" / place).is_file() for place in places), places
        assert floor in {place.split("/")[0] for place in places}
