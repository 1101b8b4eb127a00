"""Pictures of networks and reductions, as SVG and PNG; matplotlib is loaded for pixels only."""

from lumpver.tell.report.pictures.bars import box_bars, switching_bars, unit_bars
from lumpver.tell.report.pictures.networks import before_after, blocks_picture, network_picture
from lumpver.tell.report.pictures.picture import Picture

__all__ = [
    "Picture",
    "before_after",
    "blocks_picture",
    "box_bars",
    "network_picture",
    "switching_bars",
    "unit_bars",
]
