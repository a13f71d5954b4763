"""The letter that confirms a claim: it goes to the order's own address, and can be answered with a photo."""

import asyncio
import logging

from rasa_sdk import Tracker

from actions.change_form import language_of, message_ids
from actions.order_lines import items_line
from actions.sent_lately import SentLately
from actions.services import Services
from actions.shop.backend import ClaimKind
from actions.shop.changes import Change
from actions.shop.claims_policy import FAULTS
from actions.values import Value, ident, lines, phrase

logger = logging.getLogger(__name__)

# less than the shop has: whoever waits for the answer waits for both, and a claim that was made must be told
SECONDS = 2.5


async def confirm_by_letter(services: Services, change: Change, tracker: Tracker, lately: SentLately) -> bool:
    """Whether the letter went out, for this message now or before; the claim stands without it, so nothing that goes
    wrong is more than told."""
    if services.post is None:
        return False
    try:
        async with asyncio.timeout(SECONDS):
            order = await services.shop.find_order(change.order_number)
            claim = next((one for one in order.claims if one.number == change.after["number"]), None) if order else None
            if order is None or claim is None:
                return False
            if lately.already(order.id, message_ids(tracker)):
                return True
            pieces = [(item, claim.items[item.id]) for item in order.items if item.id in claim.items]
            details: list[Value] = [phrase(f"claim_kind_{ClaimKind(claim.kind)}")]
            details += [items_line(pieces)] if pieces else []
            details += [phrase("mail_claim_photo")] if claim.kind in FAULTS else []
            await services.post.send(
                order.customer.email,
                language_of(tracker, order),
                "claim",
                {"number": ident(order.number), "claim": ident(claim.number), "details": lines(details)},
            )
            lately.note(order.id, message_ids(tracker))
    except Exception as error:  # whatever is the matter with the shop or the post
        logger.warning("claim not confirmed by letter: %s", type(error).__name__)
        return False
    return True
