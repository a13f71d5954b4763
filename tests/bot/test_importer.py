"""One file is all that a new question needs: Rasa gets its intent, examples, response and rule from it."""

from pathlib import Path

import pytest
from content_testing import replace, write
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.importers.importer import TrainingDataImporter

from bot.content.errors import ContentError
from bot.importer import ContentImporter

ROOT = Path(__file__).parents[2]

NEW = """\
    title: {en: Gift wrapping, bn: উপহার মোড়ানো}
    examples:
      en: |
        do you wrap gifts
        gift wrapping please
      bn: |
        উপহার মুড়িয়ে দেন?
        [gift] গিফট র‍্যাপ চাই
    answer:
      en: |
        We wrap it for {fee}.
      bn: |
        {fee} দিলে মুড়িয়ে দিই।
    """


def importer(root: Path) -> ContentImporter:
    write(root, "domain.yml", 'version: "3.1"\nactions: [action_order_status, action_request_person]\n')
    write(root, "config.yml", "recipe: default.v1\nlanguage: en\npipeline: []\npolicies: []\n")
    return ContentImporter(str(root / "config.yml"), str(root / "domain.yml"), [str(root / "data")])


def rules(made: ContentImporter) -> dict[str, list[str | None]]:
    """What each rule does, by its name."""
    return {
        step.block_name: [event.action_name for event in step.events if isinstance(event, ActionExecuted)]
        for step in made.get_stories().story_steps
    }


def examples(made: ContentImporter, intent: str) -> set[tuple[str, str]]:
    return {
        (one.get("language")["name"], one.get("text"))
        for one in made.get_nlu_data().intent_examples
        if one.get("intent") == intent
    }


def test_a_new_question_file_alone_gives_all_that_rasa_needs(project: Path) -> None:
    before = importer(project)
    assert "gift_wrap" not in before.get_domain().intents
    write(project, "data/faq/orders/gift_wrap.yml", NEW)
    after = importer(project)
    domain = after.get_domain()
    assert set(domain.intents) - set(before.get_domain().intents) == {"gift_wrap"}
    assert "utter_gift_wrap" in domain.responses
    assert "utter_gift_wrap" in domain.action_names_or_texts
    assert rules(after)["question gift_wrap"] == ["...", "utter_gift_wrap", "action_listen"]
    assert examples(after, "gift_wrap") == {
        ("en", "do you wrap gifts"),
        ("en", "gift wrapping please"),
        ("bn", "উপহার মুড়িয়ে দেন?"),
        ("bn", "গিফট র‍্যাপ চাই"),
        # its titles, which are what buttons say
        ("en", "Gift wrapping"),
        ("bn", "উপহার মোড়ানো"),
    }


def test_a_question_for_a_person_gives_a_rule_that_asks_for_one_and_no_response(project: Path) -> None:
    made = importer(project)
    assert rules(made)["question human_agent"] == ["...", "action_request_person", "action_listen"]
    assert "utter_human_agent" not in made.get_domain().responses
    step = next(one for one in made.get_stories().story_steps if one.block_name == "question human_agent")
    assert [event.intent_name for event in step.events if isinstance(event, UserUttered)] == ["human_agent"]
    assert step.source_name == "data/faq/service/human_agent.yml"


def test_a_question_that_a_rule_answers_gets_no_second_rule(project: Path) -> None:
    made = rules(importer(project))
    assert "question order_status" not in made
    assert made["order status"][:2] == ["...", "action_order_status"]


def test_examples_of_a_way_of_typing_carry_it_as_their_language(project: Path) -> None:
    replace(project, "data/shop.yml", "phone_regions", "typings: [bn-Latn]\nphone_regions")
    lines = "  bn-Latn: |\n    amar order kothay\n    [same] parcel kobe pabo\n"
    replace(project, "data/faq/orders/order_status.yml", "  bn: |\n    আমার", lines + "  bn: |\n    আমার")
    found = examples(importer(project), "order_status")
    assert {("bn-Latn", "amar order kothay"), ("bn-Latn", "parcel kobe pabo")} <= found
    assert {language for language, _ in found} == {"en", "bn", "bn-Latn"}
    data = importer(project).get_nlu_data()
    assert data.entity_synonyms == {"english": "en", "ingreji": "en", "বাংলা": "bn", "bangla": "bn"}


def test_every_phrase_is_a_response(project: Path) -> None:
    assert {"utter_order_on_its_way", "utter_order_line_total", "utter_widget_send"} <= set(
        importer(project).get_domain().responses
    )


def test_languages_are_known_by_name_and_alias(project: Path) -> None:
    data = importer(project).get_nlu_data()
    assert data.entity_synonyms == {"english": "en", "ingreji": "en", "বাংলা": "bn", "bangla": "bn"}
    (table,) = data.lookup_tables
    assert (table["name"], set(table["elements"])) == ("language", set(data.entity_synonyms))


@pytest.mark.parametrize("ask", ["get_domain", "get_stories", "get_nlu_data"])
def test_broken_content_is_told_by_file_and_line_whatever_is_asked_for(project: Path, ask: str) -> None:
    replace(project, "data/faq/returns/return_policy.yml", "title:", "titel:")
    with pytest.raises(ContentError, match=r"data/faq/returns/return_policy\.yml:1: 'titel' is not known"):
        getattr(importer(project), ask)()


def test_rasas_own_commands_find_the_content_through_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = TrainingDataImporter.load_from_config("config.yml", "domain.yml", ["data"])
    domain = made.get_domain()
    assert {"return_policy", "order_status", "human_agent"} <= set(domain.intents)
    assert {"order_number", "order_contact", "handoff_reason"} <= {slot.name for slot in domain.slots}
    assert {"cancel_order_form", "order_status_form", "return_status_form"} <= set(domain.form_names)


def test_every_action_of_the_domain_exists(monkeypatch: pytest.MonkeyPatch, actions) -> None:
    monkeypatch.chdir(ROOT)
    domain = ContentImporter("config.yml", "domain.yml", ["data"]).get_domain()
    assert {action.name() for action in actions()} == set(domain.user_actions) - set(domain.responses)


def test_places_products_and_carriers_of_the_shop_are_names() -> None:
    data = ContentImporter(training_data_paths=[str(ROOT / "data")]).get_nlu_data()
    tables = {table["name"]: set(table["elements"]) for table in data.lookup_tables}
    assert set(tables) == {"language", "country", "city", "product", "tracking_prefix"}
    assert sum(map(len, tables.values())) == len(set().union(*tables.values()))
    values = data.entity_synonyms
    assert (values["deutschland"], values["daca"], values["earbuds"]) == ("DE", "Dhaka", "NS-401")
    assert tables["tracking_prefix"] == {"PTH", "RX", "JD"}
