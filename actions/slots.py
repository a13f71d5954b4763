"""The names of the slots that actions share with the domain."""

ORDER_NUMBER = "order_number"
ORDER_CONTACT = "order_contact"
RETURN_NUMBER = "return_number"
VERIFIED_ORDER = "verified_order"
LOOKUP_MISSES = "lookup_misses"
HANDOFF_REASON = "handoff_reason"
CHOSEN_LANGUAGE = "chosen_language"
