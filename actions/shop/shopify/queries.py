"""What is asked of Shopify, in GraphQL. All of it holds for the version in `client.VERSION`.

A query that could cost more than 1000 points is refused before it runs, so lists are short: an order that has more of
something is not read, and goes to a person.
"""

EVENTS = 5
PARCELS, PARCEL_NUMBERS = 8, 4
REFUNDS, REFUND_TRANSACTIONS = 7, 3
TRANSACTIONS = 21

ORDER_PARTS = f"""
fragment Money on MoneyBag {{ presentmentMoney {{ amount currencyCode }} }}
fragment OrderParts on Order {{
  id name createdAt cancelledAt email phone customerLocale presentmentCurrencyCode
  displayFinancialStatus displayFulfillmentStatus returnStatus
  customer {{
    id displayName createdAt defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }}
  }}
  shippingAddress {{ name address1 address2 city zip countryCodeV2 provinceCode company phone }}
  billingAddress {{ city countryCodeV2 }}
  totalPriceSet {{ ...Money }}
  currentTotalPriceSet {{ ...Money }}
  totalShippingPriceSet {{ ...Money }}
  lineItems(first: 30) {{
    nodes {{ id sku name quantity currentQuantity discountedUnitPriceAfterAllDiscountsSet {{ ...Money }} }}
    pageInfo {{ hasNextPage }}
  }}
  fulfillments(first: {PARCELS}) {{
    id status displayStatus createdAt deliveredAt estimatedDeliveryAt
    trackingInfo(first: {PARCEL_NUMBERS}) {{ company number }}
    events(first: {EVENTS}, sortKey: HAPPENED_AT, reverse: true) {{ nodes {{ id status happenedAt city }} }}
  }}
  transactions(first: {TRANSACTIONS}) {{
    id kind status gateway manualPaymentGateway createdAt processedAt
    amountSet {{ ...Money }} parentTransaction {{ id }}
    paymentDetails {{ __typename ... on BasePaymentDetails {{ paymentMethodName }} }}
  }}
  refunds(first: {REFUNDS}) {{
    id return {{ id }} transactions(first: {REFUND_TRANSACTIONS}) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }}
  }}
  returns(first: 4) {{
    nodes {{
      id name status createdAt closedAt decline {{ reason }} returnShippingFees {{ amountSet {{ ...Money }} }}
      returnLineItems(first: 6) {{
        nodes {{
          ... on ReturnLineItem {{
            id quantity refundedQuantity returnReason returnReasonNote
            fulfillmentLineItem {{ lineItem {{ id }} }}
            withCodeDiscountedTotalPriceSet {{ ...Money }}
            restockingFee {{ amountSet {{ ...Money }} }}
          }}
        }}
        pageInfo {{ hasNextPage }}
      }}
    }}
    pageInfo {{ hasNextPage }}
  }}
  metafield(namespace: "shohay", key: "changes") {{ value compareDigest }}
}}
"""

SHOP = "query Shop { shop { orderNumberFormatPrefix orderNumberFormatSuffix } }"

FIND = "query Find($query: String!) { orders(first: 1, query: $query) { nodes { ...OrderParts } } }" + ORDER_PARTS

READ = "query Read($id: ID!) { order(id: $id) { ...OrderParts } }" + ORDER_PARTS

OF_CUSTOMER = """
query OfCustomer($query: String!, $first: Int!) {
  orders(first: $first, query: $query, sortKey: CREATED_AT, reverse: true) { nodes { id } }
}
"""

RETURNABLE = """
query Returnable($id: ID!) {
  returnableFulfillments(orderId: $id, first: 8) {
    nodes {
      returnableFulfillmentLineItems(first: 30) {
        nodes { quantity fulfillmentLineItem { id lineItem { id } } }
        pageInfo { hasNextPage }
      }
    }
    pageInfo { hasNextPage }
  }
}
"""

JOB = "query Job($id: ID!) { job(id: $id) { id done } }"

NOTE_CHANGES = """
mutation NoteChanges($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { compareDigest } userErrors { field code } }
}
"""

CANCEL = """
mutation Cancel($id: ID!, $note: String!) {
  orderCancel(
    orderId: $id, reason: CUSTOMER, restock: true, notifyCustomer: true, staffNote: $note
    refundMethod: { originalPaymentMethodsRefund: true }
  ) { job { id done } orderCancelUserErrors { field code } }
}
"""

UPDATE = "mutation Update($input: OrderInput!) { orderUpdate(input: $input) { order { id } userErrors { field } } }"

EDIT_BEGIN = """
mutation EditBegin($id: ID!) {
  orderEditBegin(id: $id) {
    calculatedOrder { id lineItems(first: 100) { nodes { id quantity } pageInfo { hasNextPage } } }
    userErrors { field }
  }
}
"""

EDIT_QUANTITY = """
mutation EditQuantity($id: ID!, $line: ID!, $quantity: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) { userErrors { field } }
}
"""

EDIT_COMMIT = """
mutation EditCommit($id: ID!, $note: String!) {
  orderEditCommit(id: $id, notifyCustomer: true, staffNote: $note) { order { id } userErrors { field } }
}
"""

# without the directive this version refuses a refund; with it the same key makes one refund, within a day
REFUND = """
mutation GiveBack($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { field } }
}
"""

RETURN = """
mutation OpenReturn($input: ReturnInput!) {
  returnCreate(returnInput: $input) { return { id } userErrors { field code } }
}
"""
