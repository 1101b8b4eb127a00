"""`Picture`: what the others make, as SVG text, as PNG, in a notebook, in a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.errors import Malformed
from lumpver.io.writing import write_file
from lumpver.tell.report.pictures.raster import png
from lumpver.tell.report.pictures.svg import svg

if TYPE_CHECKING:
    from os import PathLike

    from lumpver.tell.report.pictures.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with a title and, for those who do not see it, a description.

    `svg` takes the text colour of the page around it; alone it is dark on white.
    """

    drawing: Drawing = field(repr=False)
    title: str
    description: str

    @property
    def svg(self) -> str:
        """One SVG element; the same bytes for the same picture, everywhere."""
        return svg(self.drawing, title=self.title, description=self.description)

    def png(self, *, dpi: int = 144) -> bytes:
        """The picture in pixels, on white.

        Raises
        ------
        Malformed
            If `dpi` is not positive or asks for too many pixels.
        """
        return png(self.drawing, dpi=dpi)

    def save(self, path: PathLike[str] | str) -> None:
        """The picture is in the file, as SVG or PNG by its suffix, or the file is as before.

        Raises
        ------
        Malformed
            If the suffix is another.
        Unreadable
            If the file cannot be written.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in {".svg", ".png"}:
            raise Malformed(str(target), expected="a name in .svg or .png", got=suffix or "none")
        write_file(target, self.svg.encode() if suffix == ".svg" else self.png())

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return f'<div class="lumpver" role="group">{self.svg}</div>'
