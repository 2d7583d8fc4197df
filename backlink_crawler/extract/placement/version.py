"""Which rules and which model place links: stored with a page, so that another training is no change of its links."""

from functools import cache
from hashlib import blake2b
from importlib import resources

RULES = 2
"""To be raised with any change of this package after which a page may get other regions from the same model file."""


@cache
def region_rules() -> str:
    """Return the number of the rules and a digest of the model's file, as ``1-09af3c61``."""
    model = resources.files(__package__).joinpath("model.json").read_bytes()
    return f"{RULES}-{blake2b(model, digest_size=4).hexdigest()}"
