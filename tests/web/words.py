"""Text of the synthetic web: sentences, titles and anchors about gardens, from a random source that is passed in."""

from random import Random

_SUBJECTS = (
    "The old spade",
    "A sharp hoe",
    "Every gardener",
    "My neighbour",
    "The compost heap",
    "Heavy clay soil",
    "A raised bed",
    "The greenhouse",
    "Our allotment",
    "A good pair of secateurs",
    "The climbing rose",
    "Early frost",
)
_VERBS = ("needs", "rewards", "outlasts", "improves with", "suffers from", "depends on", "makes room for", "thrives on")
_OBJECTS = (
    "a little patience",
    "regular watering in dry weeks",
    "leaf mould and old straw",
    "a clean, oiled blade",
    "the first warm days of April",
    "too much shade",
    "deep roots",
    "a thick mulch before winter",
    "steady hands",
    "whatever the birds leave behind",
)
_TOPICS = (
    "pruning roses",
    "sharpening spades",
    "building raised beds",
    "composting at home",
    "saving tomato seed",
    "winter greenhouse care",
    "choosing a hoe",
    "growing early potatoes",
    "dividing perennials",
    "keeping slugs away",
    "mulching fruit trees",
    "watering in July",
)
_GENERIC = ("click here", "read more", "this site", "source", "their guide", "here")
PEOPLE = ("Mavis", "Jürgen", "Zoë", "Tomás", "Aiko", "Olga", "Ngozi", "Per")


def sentence(rng: Random) -> str:
    """Return one plain sentence."""
    return f"{rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)}."


def paragraph(rng: Random) -> str:
    """Return three to six sentences."""
    return " ".join(sentence(rng) for _ in range(rng.randint(3, 6)))


def topic(rng: Random) -> str:
    """Return what a page is about, in lower case."""
    return rng.choice(_TOPICS)


def anchor(rng: Random, site: str) -> str:
    """Return an anchor text for a link to ``site``: brand, bare name, phrase, generic words or none of these."""
    name = site.encode("ascii").decode("idna")
    brand = name.partition(".")[0].replace("-", " ").title()
    return rng.choice((brand, name, f"{topic(rng)} at {brand}", topic(rng), rng.choice(_GENERIC), f"{brand} & more"))
