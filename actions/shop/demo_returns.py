"""The demo shop's returns and refunds: how long each step took, and what money went back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.shop.backend import (
    Money,
    OrderItem,
    PaymentMethod,
    Refund,
    RefundState,
    Rejection,
    Return,
    ReturnItem,
    ReturnState,
)
from actions.shop.demo_chance import Chance

_STEPS = (
    ReturnState.REQUESTED,
    ReturnState.APPROVED,
    ReturnState.LABEL_SENT,
    ReturnState.IN_TRANSIT,
    ReturnState.RECEIVED,
    ReturnState.INSPECTED,
    ReturnState.REFUNDED,
)
_LABEL_DAYS = 14
_DAYS_BACK: Mapping[PaymentMethod, int] = {PaymentMethod.CARD: 8, PaymentMethod.BANK_TRANSFER: 5}
_DAYS_BACK_WALLET = 2

# Hours from one step to the next; a return asked for too late comes weeks after the parcel.
_HOURS_TO_ASK = (24, 200)
_HOURS_TO_ASK_TOO_LATE = (35 * 24, 45 * 24)
_HOURS_A_STEP = (8, 40)


@dataclass(frozen=True)
class Course:
    """A return's steps, each with the time since the one before; the first counts from the delivery."""

    steps: tuple[tuple[ReturnState, timedelta], ...]
    rejection: Rejection | None

    @property
    def length(self) -> timedelta:
        """From the delivery to the last step."""
        return sum((gap for _, gap in self.steps), timedelta())


def course_to(state: ReturnState, why: Rejection | None, chance: Chance) -> Course:
    """The steps up to this state, which is `REJECTED` where there is a reason why."""
    if why:
        ask = _HOURS_TO_ASK_TOO_LATE if why is Rejection.TOO_LATE else _HOURS_TO_ASK
        asked = (ReturnState.REQUESTED, chance.span(ask))
        return Course((asked, (ReturnState.REJECTED, chance.span(_HOURS_A_STEP))), why)
    taken = _STEPS[: _STEPS.index(state) + 1]
    first = (taken[0], chance.span(_HOURS_TO_ASK))
    return Course((first, *((step, chance.span(_HOURS_A_STEP)) for step in taken[1:])), None)


def make_return(
    course: Course,
    order_id: str,
    number: str,
    delivered_at: datetime,
    pieces: Sequence[tuple[OrderItem, int]],
    method: PaymentMethod,
    chance: Chance,
) -> Return:
    """The return that took this course, of so many pieces of each item."""
    times: dict[ReturnState, datetime] = {}
    at = delivered_at
    for state, gap in course.steps:
        at += gap
        times[state] = at
    return_id = chance.uuid(times[ReturnState.REQUESTED])
    currency = pieces[0][0].price.currency
    amount = Money(sum(item.price.minor * count for item, count in pieces), currency)
    labelled = times.get(ReturnState.LABEL_SENT)
    refund = None
    if ReturnState.INSPECTED in times:
        began, sent = times[ReturnState.INSPECTED], times.get(ReturnState.REFUNDED)
        refund = make_refund(method, amount, began, sent, return_id, chance)
    return Return(
        id=return_id,
        order_id=order_id,
        number=number,
        state=course.steps[-1][0],
        items=tuple(
            sorted(
                (ReturnItem(chance.uuid(times[ReturnState.REQUESTED]), item.id, n) for item, n in pieces),
                key=lambda item: item.id,
            )
        ),
        amount=amount,
        requested_at=times[ReturnState.REQUESTED],
        changed_at=at,
        label_valid_until=labelled.date() + timedelta(days=_LABEL_DAYS) if labelled else None,
        rejection=course.rejection,
        refund=refund,
    )


def make_refund(
    method: PaymentMethod,
    amount: Money,
    began: datetime,
    sent: datetime | None,
    return_id: str | None,
    chance: Chance,
) -> Refund:
    """A refund begun and perhaps sent; cash that was paid at the door goes back to a wallet."""
    if method is PaymentMethod.CASH_ON_DELIVERY:
        method = PaymentMethod.BKASH
    days = _DAYS_BACK.get(method, _DAYS_BACK_WALLET)
    return Refund(
        id=chance.uuid(began),
        return_id=return_id,
        method=method,
        state=RefundState.SENT if sent else RefundState.PENDING,
        amount=amount,
        created_at=began,
        expected_on=(sent or began).date() + timedelta(days=days),
        sent_at=sent,
    )
