"""Learn what words in classes and ids say of the region of links (``names.WordOdds``)."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from backlink_crawler.extract.placement.names import WordOdds
from tests.placement.samples import FURNITURE, Floats, Wording

_FEWEST_GROUPS = 5
_PRIORS = (0.2, *(0.15 for _ in FURNITURE))
_STRENGTH = 3.0
"""Groups' worth of belief in the prior."""


def learn_odds(wordings: Mapping[int, Sequence[Wording]]) -> dict[str, WordOdds]:
    """Return the odds of all words that at least five groups of pages use.

    Each group has one vote a word, the share of its links around which the word stands; so a large site, or one
    template met often, has no louder voice than a small one.

    :param wordings: of the pages of each group.
    """
    votes: dict[str, list[Floats]] = defaultdict(list)
    for group in sorted(wordings):
        sums: dict[str, Floats] = {}
        for wording in wordings[group]:
            for word, row in wording.words.items():
                sums[word] = sums[word] + row if word in sums else row
        for word, row in sums.items():
            votes[word].append(row)
    return {word: _odds(np.array(votes[word])) for word in sorted(votes) if len(votes[word]) >= _FEWEST_GROUPS}


def _odds(votes: Floats) -> WordOdds:
    odds = []
    for target, prior in enumerate(_PRIORS):
        weight = votes[:, -2] if target == 0 else votes[:, -1]
        heard = weight > 0
        yes = float((votes[heard, target] / weight[heard]).sum()) + _STRENGTH * prior
        no = float(heard.sum()) + _STRENGTH - yes
        odds.append(round(math.log(yes / max(no, 1e-9)) - math.log(prior / (1 - prior)), 2))
    return odds[0], odds[1], odds[2], odds[3], odds[4]
