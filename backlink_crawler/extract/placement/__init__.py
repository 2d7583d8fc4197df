"""Where on the page a link stands: in its content, or in which part of its furniture.

What a page declares by landmarks and roles is believed (``landmarks``): links in its nav, header, footer, aside and
comments. All else is judged by a model trained on real pages: links that stand alike make a block, a block has
features (``features``), and two small networks (``model``) say how much it looks like content and which part of the
furniture it is otherwise. One thing is not left to the model: a plain list in the running text of the page's article is
content. Training and its figures: ``tests/placement``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from backlink_crawler.extract.placement.features import Matrix, Standing, blocks_of, matrix_of
from backlink_crawler.extract.placement.model import FURNITURE, trained_model
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.records import Region

__all__ = ["Placement", "place_links"]

_BORDER = 500
"""From this content score on, in thousandths, a block is content."""
_LEAST_SCORE = 1
"""Of what is judged, in thousandths: 0 is for what the page declares, and nothing else."""
_LEAST_TEXT = 200
"""Characters. A page with less is too small to be judged: what no landmark claims is its content."""


@dataclass(slots=True, frozen=True)
class Placement:
    """Where a link stands. Links of all pages that stand alike share one object."""

    region: Region
    content_score: float
    """0 (furniture) to 1 (main content), to three digits. 0 where the page itself declares another region, and only
    there; 0.5 on a page that is too small to be judged."""


def place_links(outline: Outline, links: Sequence[Standing]) -> list[Placement]:
    """Return the placement of each of ``links``, all of a page with that outline, in their order.

    A link that stands nowhere on the page (``<link rel=canonical>`` in the head) is ``content`` with score 0.
    Time and memory are linear in the page.
    """
    model, read = trained_model()
    blocks = blocks_of(outline, links, read)
    if not blocks.rows:
        judged = []
    elif _too_small(outline):
        judged = [_placement("content", _BORDER)] * len(blocks.rows)
    else:
        judged = _judged(*model.judge(matrix_of(blocks)), blocks.written)
    known: dict[int | None, Placement] = {
        box: judged[number] if number >= 0 else _declared(region) for box, (region, number) in blocks.places.items()
    }
    known[None] = _declared("content")
    return [known[box] for box in blocks.boxes]


def _judged(scores: Matrix, parts: npt.NDArray[np.int64], written: Sequence[bool]) -> list[Placement]:
    """Return the placement of each block.

    :param parts: places in ``FURNITURE`` of what the blocks are, if they are no content.
    """
    # Thousandths: what is behind depends on how a machine multiplies. In double precision the product is exact.
    thousandths = np.rint(np.multiply(scores, 1_000, dtype=np.float64))
    least = np.where(written, _BORDER, _LEAST_SCORE) if True in written else _LEAST_SCORE
    np.maximum(thousandths, least, out=thousandths)
    return [
        _placement("content" if score >= _BORDER else FURNITURE[part], score)
        for score, part in zip(thousandths.tolist(), parts.tolist(), strict=True)
    ]


@cache
def _placement(region: Region, thousandths: float) -> Placement:
    """Return the one object for what is judged so. There are some thousand at most."""
    return Placement(region, thousandths / 1_000)


@cache
def _declared(region: Region) -> Placement:
    """Return the one object for what the page itself declares: of two caches, that of one argument is twice as fast."""
    return Placement(region, 0.0)


def _too_small(outline: Outline) -> bool:
    return outline.plain[0] + int(outline.masses[0, 1]) < _LEAST_TEXT
