"""What all claims have in common: something is wrong, the customer says what, and it is put right or looked into."""

from abc import abstractmethod
from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.change_action import ChangeAction
from actions.change_form import ChangeForm
from actions.claim_letter import confirm_by_letter
from actions.clock import today
from actions.detail import Known
from actions.order_lines import refund_line
from actions.sent_lately import SentLately
from actions.services import Services
from actions.shop.backend import ClaimKind, ClaimState, Money, Order, Remedy
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, Refusal
from actions.shop.claims_policy import FAULTS
from actions.slots import HANDOFF_REASON, WISHED
from actions.values import Value, ident, lines, money, phrase

# what is said, and what is offered instead
_REFUSED = {
    Refusal.TOO_EARLY: ("claim_too_early", ["order_status", "human_agent"]),
    Refusal.TOO_LATE: ("claim_too_late", ["warranty_claim", "human_agent"]),
    Refusal.NOT_POSSIBLE: ("claim_not_possible", ["order_status", "human_agent"]),
    Refusal.ALREADY_DONE: ("claim_already_done", ["human_agent"]),
}
# kept until somebody has looked at it
_KEPT = (ClaimKind.DAMAGED, ClaimKind.WRONG_ITEM)


class ClaimForm(ChangeForm):
    """The form before a claim of one kind."""

    change_kind = ChangeKind.CLAIM
    kind: ClaimKind

    @abstractmethod
    def about(self, order: Order, known: Known) -> Sequence[Value]:
        """What the summary says of it, each on its own line."""

    @abstractmethod
    def wish(self, known: Known) -> ClaimWish:
        """What is claimed, by what the form knows."""

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy's `claims`."""
        return self._services.policy.claims.refusal(order, self.kind, today())

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Which claims there are already, where it is that."""
        running = [phrase("claim_line_number", claim=ident(claim.number)) for claim in order.claims]
        return refuse(order.number, self.intent, why, dispatcher, running)

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """What is wrong with which order, and what the customer would like."""
        wish = self.wish(known)
        worth = self._services.policy.claims.worth(order, wish)
        details = [phrase(f"claim_kind_{self.kind}"), *self.about(order, known), _wished(wish.remedy, worth)]
        dispatcher.utter_message(response="utter_claim_summary", number=ident(order.number), details=lines(details))

    @property
    def intent(self) -> str:
        """What the customer came for."""
        return str(self.form_name().removesuffix("_form"))


class ClaimAction(ChangeAction):
    """Opens the claim that got a yes; what is not granted at once goes to a person with all that is known."""

    kind: ClaimKind

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        self._lately = SentLately()

    @abstractmethod
    def wish(self, known: Known) -> ClaimWish:
        """What is claimed, by what the form knows."""

    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """See `ChangeAction`."""
        return await self._services.shop.open_claim(order_id, self.wish(known), doing)

    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The claim's number, and what happens now."""
        number, granted = str(change.after["number"]), change.after["state"] == ClaimState.GRANTED
        details: list[Value] = [] if granted else [phrase("claim_open_next")]
        details += [refund_line(refund) for refund in change.refunds]
        if granted and change.after["remedy"] == Remedy.REPLACEMENT:
            details.append(phrase("claim_replacement_next"))
        if self.kind in _KEPT:
            details.append(phrase("claim_keep_nothing" if granted else "claim_keep_it"))
        if await confirm_by_letter(self._services, change, tracker, self._lately):
            details.append(phrase("claim_letter_photo" if self.kind in FAULTS and not granted else "claim_letter"))
        dispatcher.utter_message(
            response="utter_claim_granted" if granted else "utter_claim_open",
            number=ident(change.order_number),
            claim=ident(number),
            details=lines(details),
        )
        if granted:
            return []
        wished = "; ".join(filter(None, [f"claim {number}", tracker.get_slot(WISHED)]))
        return [SlotSet(HANDOFF_REASON, self.intent), SlotSet(WISHED, wished)]

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Somebody was faster, or what was claimed is not there any more."""
        return refuse(number, self.intent, why, dispatcher)

    @property
    def intent(self) -> str:
        """What the customer came for."""
        return self.name().removeprefix("action_")


def refuse(
    number: str, intent: str, why: Refusal, dispatcher: CollectingDispatcher, running: Sequence[Value] = ()
) -> list[EventType]:
    """Why something is not claimed, and what can be done instead; what the shop's system cannot do a person does."""
    if why is Refusal.NOT_SUPPORTED:
        dispatcher.utter_message(response="utter_claim_not_supported", number=ident(number))
        return [SlotSet(HANDOFF_REASON, intent)]
    said, instead = _REFUSED[why]
    dispatcher.utter_message(
        response=f"utter_{said}",
        number=ident(number),
        buttons=[{"intent": intent} for intent in instead],
        **({"details": lines(running or [phrase("claim_line_nothing_left")])} if why is Refusal.ALREADY_DONE else {}),
    )
    return []


def _wished(remedy: Remedy, worth: Money) -> Value:
    """What the customer would like; money only where it is clear how much."""
    if remedy is Remedy.REFUND and worth.minor:
        return phrase("claim_line_refund", amount=money(worth))
    return phrase("claim_line_replacement" if remedy is Remedy.REPLACEMENT else "claim_line_check")
