"""Signatures of webhooks: Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), symmetric, so HMAC-SHA256.

Receivers find ready-made verifiers for most languages there.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

_PREFIX = "whsec_"
_LEAST, _MOST = 24, 64


def key_of(secret: str) -> bytes:
    """Return the key in a secret ``whsec_`` + base64 of 24 to 64 bytes.

    :raises ValueError: it is not one; the message does not repeat it.
    """
    if not secret.startswith(_PREFIX):
        raise ValueError(f"a signing secret begins with {_PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"what follows {_PREFIX} in a signing secret is base64") from None
    if not _LEAST <= len(key) <= _MOST:
        raise ValueError(f"a signing secret holds {_LEAST} to {_MOST} bytes, this one {len(key)}")
    return key


def headers(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """Return the headers that sign ``body``: one signature for each key, so that keys can be rotated.

    :param message_id: the same for each attempt at the same message, without ``.``.
    :param timestamp: Unix seconds of this attempt.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
