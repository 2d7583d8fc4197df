"""Where on the page a link stands: in its content, or in which part of its furniture.

What a page declares by landmarks and roles is believed (``landmarks``): links in its nav, header, footer, aside and
comments. All else is judged by a model trained on real pages: links that stand alike make a block, a block has
features (``features``), and two small networks (``model``) say how much it looks like content and which part of the
furniture it is otherwise. One thing is not left to the model: a plain list in the running text of the page's article is
content. Training and its figures: ``tests/placement``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backlink_crawler.extract.placement.features import Blocks, Standing, blocks_of, matrix_of
from backlink_crawler.extract.placement.model import FURNITURE, trained_model
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.records import Region

__all__ = ["Placement", "place_links"]

_BORDER = 0.5
"""From this content score on, a block is content."""
_LEAST_SCORE = 0.001
"""Of what is judged: 0 is for what the page declares, and nothing else."""
_LEAST_TEXT = 200
"""Characters. A page with less is too small to be judged: what no landmark claims is its content."""


@dataclass(slots=True)
class Placement:
    """Where a link stands. Links that stand alike share one object: it is not to be changed."""

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
    elif _too_small(blocks):
        judged = [Placement("content", _BORDER)] * len(blocks.rows)
    else:
        scores, parts = model.judge(matrix_of(blocks))
        judged = [
            _judged(score, part, written)
            for score, part, written in zip(scores.tolist(), parts.tolist(), blocks.written, strict=True)
        ]
    known: dict[int | None, Placement] = {None: Placement("content", 0.0)}
    declared: dict[Region, Placement] = {}
    for box, (region, number) in blocks.places.items():
        if number >= 0:
            known[box] = judged[number]
        else:
            known[box] = declared.setdefault(region, Placement(region, 0.0))
    return [known[box] for box in blocks.boxes]


def _judged(score: float, part: int, written: bool = False) -> Placement:
    least = _BORDER if written else _LEAST_SCORE
    score = max(round(score, 3), least)  # what is behind depends on how a machine multiplies
    return Placement("content" if score >= _BORDER else FURNITURE[part], score)


def _too_small(blocks: Blocks) -> bool:
    return bool(blocks.outline.masses[0, :2].sum() < _LEAST_TEXT)
