"""Character cards: V1, V2 and V3, JSON and PNG, with no key lost on the way."""

from __future__ import annotations

import base64
import io
import json
import zlib
from random import Random
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from companion import cards
from companion.cards import png
from companion.resources import configs

V1 = {
    "name": "Ada",
    "description": "{{char}} likes <USER>.",
    "personality": "",
    "scenario": "",
    "first_mes": "Hi {{user}}!",
    "mes_example": "",
    "create_date": "2023-05-04",
}
V2 = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "fav": True,
    "data": {
        **{key: value for key, value in V1.items() if key != "create_date"},
        "creator_notes": "notes",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": ["Hello"],
        "tags": ["a", "b"],
        "creator": "someone",
        "character_version": "1",
        "extensions": {"other/app": {"deep": [1, {"x": None}]}, "n": 1.5},
        "unknown": {"kept": "yes"},
        "character_book": {
            "name": "lore",
            "odd": 1,
            "extensions": {"k": "v"},
            "entries": [
                {
                    "keys": ["sea"],
                    "content": "The sea.",
                    "extensions": {"e": 1},
                    "enabled": True,
                    "insertion_order": 2,
                    "strange": [1],
                },
                {"keys": [], "content": "First.", "enabled": True, "insertion_order": 1},
                {"keys": [], "content": "Off.", "enabled": False, "insertion_order": 0},
            ],
        },
    },
}


def written(document: object) -> bytes:
    """A card's file."""
    return json.dumps(document).encode()


def picture(**texts: str) -> bytes:
    """A small PNG with these texts, written by another library than ours."""
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(made, "PNG", pnginfo=info)
    return made.getvalue()


def packed(document: object) -> str:
    """What stands in a chunk."""
    return base64.b64encode(json.dumps(document).encode()).decode()


def within(small: Any, large: Any) -> bool:
    """Whether everything in `small` is in `large`, at its place and with its value."""
    if isinstance(small, dict):
        return isinstance(large, dict) and all(
            key in large and within(value, large[key]) for key, value in small.items()
        )
    if isinstance(small, list):
        return (
            isinstance(large, list) and len(small) == len(large) and all(map(within, small, large))
        )
    return bool(small == large) and type(small) is type(large)


def test_a_v2_card_is_lifted_to_v3_and_comes_back_whole() -> None:
    third = json.loads(cards.to_json(cards.read(written(V2))))
    assert (third["spec"], third["spec_version"]) == ("chara_card_v3", "3.0")
    back = json.loads(cards.to_json(cards.read(written(third)), version=2))
    assert within(V2, back)
    assert back["data"].keys() - V2["data"].keys() == {"group_only_greetings"}  # type: ignore[attr-defined]


def test_a_v1_card_is_read_and_what_stood_beside_its_fields_stays() -> None:
    card = cards.read(written(V1))
    assert (card.name, card.text("first_mes")) == ("Ada", "Hi {{user}}!")
    third = card.version(3)
    assert third["create_date"] == "2023-05-04"
    assert third["data"]["extensions"] == {}
    assert "name" not in third


def test_a_newer_version_of_v3_is_read_and_stays_newer() -> None:
    newer = {"spec": "chara_card_v3", "spec_version": "3.7", "data": {"name": "Ada", "novel": 1}}
    kept = cards.read(written(newer)).version(3)
    assert kept["spec_version"] == "3.7"
    assert kept["data"]["novel"] == 1


def random_value(dice: Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = dice.randrange(7 if depth < 5 else 5)
    if kind == 5:
        return [random_value(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 6:
        return {
            f"k{dice.randrange(99)}": random_value(dice, depth + 1)
            for _ in range(dice.randrange(4))
        }
    return [
        None,
        dice.random() < 0.5,
        dice.randrange(-(10**12), 10**12),
        dice.random(),
        "é🦊{{x}}\u2028",
    ][kind]


def test_cards_with_anything_in_them_lose_nothing_between_versions_and_files() -> None:
    dice = Random(3)
    image = picture()
    for _ in range(200):
        document = {
            "spec": "chara_card_v2",
            "spec_version": "2.0",
            "data": {
                "name": "Ada",
                "extensions": {"x": random_value(dice)},
                f"odd{dice.randrange(9)}": random_value(dice),
                "character_book": {
                    "entries": [{"keys": ["k"], "content": "c", "odd": random_value(dice)}]
                },
            },
            "root": random_value(dice),
        }
        card = cards.read(written(document))
        through_png = cards.read(cards.to_png(card, image))
        assert through_png.version(3) == card.version(3)
        again = cards.read(cards.to_json(cards.read(cards.to_json(card, 3)), 2))
        assert within(document, again.version(2))


def test_a_png_of_another_program_is_read() -> None:
    assert cards.read(picture(chara=packed(V2))).name == "Ada"
    assert cards.read(picture(Chara=packed(V1))).name == "Ada"


def test_ccv3_is_preferred_to_chara() -> None:
    third = {"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": "Newer"}}
    assert cards.read(picture(chara=packed(V2), ccv3=packed(third))).name == "Newer"


def test_international_and_compressed_texts_are_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("chara", packed(V2), zip=True)
    compressed = PngImagePlugin.PngInfo()
    compressed.add_text("chara", packed(V2), zip=True)
    for one in (info, compressed):
        made = io.BytesIO()
        Image.new("RGB", (8, 8)).save(made, "PNG", pnginfo=one)
        assert cards.read(made.getvalue()).name == "Ada"


def test_a_written_png_is_a_picture_that_others_read_with_both_chunks() -> None:
    old = picture(chara=packed(V1), ccv3="old", Title="A title")
    made = cards.to_png(cards.read(written(V2)), old)
    opened = Image.open(io.BytesIO(made))
    opened.load()
    assert opened.size == (8, 8)
    assert set(opened.info) >= {"chara", "ccv3", "Title"}
    second = json.loads(base64.b64decode(opened.info["chara"]))
    assert second["spec"] == "chara_card_v2"
    assert second["data"]["creator_notes"].endswith("notes")
    assert len(second["data"]["creator_notes"]) > 100, "it says that it is really V3"
    assert within(V2["data"], json.loads(base64.b64decode(opened.info["ccv3"]))["data"])
    kinds = [chunk.type for chunk in png.chunks(made, "")]
    assert kinds.count(b"tEXt") == 3
    assert kinds[-1] == b"IEND"


def test_chunks_have_the_checksum_of_the_standard() -> None:
    made = cards.to_png(cards.read(written(V2)), picture())
    for chunk in png.chunks(made, ""):
        assert int.from_bytes(chunk.raw[-4:], "big") == zlib.crc32(chunk.type + chunk.data)


def test_the_lorebook_is_told_in_order_without_what_is_switched_off() -> None:
    assert [entry["content"] for entry in cards.read(written(V2)).book] == ["First.", "The sea."]


def test_a_nickname_is_what_char_stands_for() -> None:
    named = {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": {"name": "Ada L.", "nickname": "Ada"},
    }
    assert cards.read(written(named)).char == "Ada"
    assert cards.read(written(V1)).char == "Ada"


@pytest.mark.parametrize("name", cards.names(configs() / "personas"))
def test_our_cards_are_v3_as_it_is_specified(name: str) -> None:
    text = (configs() / "personas" / f"{name}.json").read_text("utf-8")
    document = json.loads(text)
    assert document == cards.found(name, configs() / "personas").version(3), (
        "nothing to be filled in"
    )
    assert text == cards.to_json(cards.read(text.encode())).decode() + "\n"
    assert document["spec_version"] == "3.0"
