"""A shop's word for one of its customers, who is signed in there (promise 19).

`<body>.<signature>`: the body is URL-safe base64 of a JSON object `{"id", "email", "exp", "nonce"}`, the signature the
hexadecimal HMAC-SHA256 of the body under the secret that shop and Shohay share.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.base import is_text
from handoff.conversations import Refused

LONGEST_LIFE = timedelta(minutes=5)
_SAID = {"id": 64, "email": 320, "nonce": 64}


class BadVoucher(Refused):
    """Not a word of the shop that is good now."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_voucher", message)


@dataclass(frozen=True)
class Voucher:
    """Who is signed in at the shop: by its own id, by e-mail, or both. `nonce` is good for one use until `expires`."""

    customer_id: str
    email: str
    nonce: str
    expires: datetime


def write(secret: str, voucher: Voucher) -> str:
    """The voucher as a shop signs it."""
    said = {
        "id": voucher.customer_id,
        "email": voucher.email,
        "exp": int(voucher.expires.timestamp()),
        "nonce": voucher.nonce,
    }
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    return f"{body}.{_signature(secret, body)}"


def read(secret: str, text: str, now: datetime) -> Voucher:
    """What the shop vouches for.

    Raises:
        BadVoucher: not signed with the secret, expired, good for longer than five minutes, or not of this form.
    """
    body, _, signature = text.partition(".")
    # compared before anything of the body is read
    if not hmac.compare_digest(_signature(secret, body).encode(), signature.encode()):
        raise BadVoucher("This sign-in is not signed by the shop.")
    try:
        said = json.loads(base64.urlsafe_b64decode(body))
        found = {name: said.get(name) or "" for name in _SAID}
        expires = datetime.fromtimestamp(int(said["exp"]), UTC)
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
        raise BadVoucher("This sign-in is not of the right form.") from error
    for name, longest in _SAID.items():
        if not isinstance(found[name], str) or len(found[name]) > longest or not is_text(found[name]):
            raise BadVoucher(f"{name} of this sign-in must be text of at most {longest} characters.")
    if not found["nonce"] or not (found["id"] or found["email"]):
        raise BadVoucher("This sign-in needs a nonce, and an id or an e-mail address.")
    if not now < expires <= now + LONGEST_LIFE:
        raise BadVoucher("This sign-in has expired, or is good for longer than five minutes.")
    return Voucher(found["id"], found["email"].lower(), found["nonce"], expires)


def _signature(secret: str, body: str) -> str:
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
