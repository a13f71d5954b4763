"""The names of the slots that actions share with the domain."""

ORDER_NUMBER = "order_number"
ORDER_CONTACT = "order_contact"
RETURN_NUMBER = "return_number"
VERIFIED_ORDER = "verified_order"
LOOKUP_MISSES = "lookup_misses"
# when orders were asked for that did not fit, in seconds since 1970
MISSED_AT = "missed_at"
HANDOFF_REASON = "handoff_reason"
CHOSEN_LANGUAGE = "chosen_language"
ONE_TIME_CODE = "one_time_code"
CONFIRMATION = "confirmation"
# the order that the customer has said yes to change, for the action that follows the form
APPROVED_ORDER = "approved_order"
# the order for which the customer has typed a one-time code
STEPPED_UP_ORDER = "stepped_up_order"
# what a form knows besides the order, by the details' names
DETAILS = "details"
# the same in plain English, for the person who takes over
WISHED = "wished"
# what is agreed on about news of orders: asked, yes or no; and of which orders, each with a hash of its e-mail
NEWS = "news"
NEWS_ORDERS = "news_orders"
# the customer is sure that everything about them is to go
ERASURE = "erasure"
