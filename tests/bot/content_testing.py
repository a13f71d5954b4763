"""A small shop's content, whole and without a mistake, for tests to read, change and break."""

from pathlib import Path
from textwrap import dedent

FILES = {
    "data/shop.yml": """\
        languages:
          en: {name: English, locale: en_US, currency: USD, aliases: [ingreji]}
          bn: {name: বাংলা, locale: bn_BD, currency: BDT, aliases: [bangla]}
        phone_regions: [BD]
        policies:
          cancel_while: [placed, processing]
        facts:
          shop_name: {text: {en: Nodi Store, bn: নদী স্টোর}}
          refund_time_card: {days: [5, 10]}
          refund_time_wallet: {days: 3}
          refund_time_bank: {days: [3, 7]}
          code_valid: {minutes: 10}
          return_window: {days: 30}
          delivery_time: {days: [3, 5]}
          fee: {money: {BDT: 130, USD: 3.00}}
        """,
    "data/faq/returns/return_policy.yml": """\
        title:
          en: Returns
          bn: ফেরত
        examples:
          en: |
            can I return this
            what is your return policy
            how long may I send things back
          bn: |
            জিনিস ফেরত দেওয়া যায়?
            রিটার্ন পলিসি কী
            ফেরত দিতে কত দিন সময় পাব
        answer:
          en: |
            You have {return_window} to return it.
          bn: |
            ফেরত দেওয়ার সময় {return_window}।
        next: [human_agent]
        """,
    "data/faq/service/human_agent.yml": """\
        title:
          en: Talk to a person
          bn: মানুষের সাথে কথা বলব
        examples:
          en: |
            I want to talk to a human
            give me an agent
            [real] a real person please
          bn: |
            মানুষের সাথে কথা বলতে চাই
            এজেন্ট দিন
            [real] আসল মানুষ চাই
        handoff: true
        """,
    "data/faq/orders/order_status.yml": """\
        title:
          en: Where is my order?
          bn: আমার অর্ডার কোথায়?
        examples:
          en: |
            where is my order
            track my parcel please
          bn: |
            আমার অর্ডার কোথায়?
            পার্সেল কবে পাব
        """,
    "data/rules.yml": """\
        version: "3.1"
        rules:
          - rule: order status
            steps:
              - intent: order_status
              - action: action_order_status
        """,
    "data/phrases/orders.yml": """\
        order_on_its_way:
          en: |
            Order {number} is on its way: {details}
          bn: |
            অর্ডার {number} পথে আছে: {details}
          next: [order_status, human_agent]
        order_line_total:
          en: "{shop_name} took {total}"
          bn: "{shop_name} নিয়েছে {total}"
        widget_send:
          en: Send
          bn: পাঠান
        """,
}


def make_content(root: Path) -> Path:
    """Writes the small shop's content under `root`; returns its data folder."""
    for name in FILES:
        write(root, name, FILES[name])
    return root / "data"


def write(root: Path, name: str, text: str) -> None:
    """Writes one file, its text freed of the indentation that it has in a test."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")


def replace(root: Path, name: str, old: str, new: str) -> None:
    """Changes one place of a file."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
