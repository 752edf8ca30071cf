"""Tests of splitting databases' exports; every article is invented."""

import re
from collections.abc import Callable, Sequence

import pytest

from kzpolicy.build.exports import split_export
from kzpolicy.build.files import read_texts
from kzpolicy.tables import StudyError

NIGHT = "The road is long, and the night is dark and cold, said the driver of the last lorry."
TOPICS = ("Russia", "China")


def body(topic: str) -> str:
    return f"Trade with {topic} grew again this year, and the port was full by May.\n\n{NIGHT}"


def facts(topic: str, date: str, **more: str) -> dict[str, str]:
    known = {"title": f"{topic} Road Opens Before Winter", "outlet": "Invented Gazette", **more}
    dates = {"published_from": date, "published_to": date}
    return known | dates | {"date_basis": "the database's export"}


WRITTEN = "212 words by the database's count"
DAYS = (("May 6, 2019", "2019-05-06"), ("June 7, 2020", "2020-06-07"))
EUROPEAN = (("6 May 2019", "2019-05-06"), ("7 June 2020", "2020-06-07"))
BY = "Dana Example and Ilya Sample"
BEHIND = ["GRAPHIC: A road", "LOAD-DATE: May 9, 2019", "LANGUAGE: ENGLISH", "PUBLICATION-TYPE: Newspaper"]


def paragraphs(*parts: str) -> str:
    return "\n\n".join(parts) + "\n\n"


def nexis_of_old(number: int, topic: str, day: str) -> str:
    head = f"          {number} of 2 DOCUMENTS", "  Copyright 2019 Invented Press\n  All Rights Reserved"
    above = "  Invented Gazette", f"  {day} Monday\n  Late Edition", f"{topic} Road Opens\nBefore Winter"
    fields = f"BYLINE: By {BY}", "SECTION: NEWS; Pg. 5", "LENGTH: 212 words", "DATELINE: ASTANA\n"
    return paragraphs(*head, *above, *fields, body(topic), *BEHIND)


def nexis(number: int, topic: str, day: str) -> str:
    cover = ("Documents (2)", "1. Russia Road Opens", "2. China Road Opens") if number == 1 else ()
    above = f"{topic} Road Opens Before Winter", "Invented Gazette", f"{day} Monday 10:25 AM GMT"
    fields = "Copyright 2019 Invented Press", "Section: NEWS; Pg. 5", "Length: 212 words", f"Byline: {BY}"
    behind = "Classification", "Language: ENGLISH", "Subject: ROADS (90%)", "Load-Date: May 9, 2019"
    return paragraphs(*cover, *above, *fields, "Body", body(topic), *behind, "End of Document")


def with_headline(number: int, topic: str, day: str) -> str:
    above = f"Document {number} of 2", "Invented Gazette", day, f"HEADLINE: {topic} Road Opens\nBefore Winter"
    fields = "BYLINE: Dana Example; Ilya Sample", "LENGTH: 212 words", "BODY:"
    return paragraphs(*above, *fields, body(topic), "LANGUAGE: ENGLISH")


def factiva(number: int, topic: str, day: str) -> str:
    first, second = body(topic).split("\n\n")
    head = ["SE   News", f"HD   {topic} Road Opens\n     Before Winter", f"BY   By {BY}", "WC   212 words"]
    head += [f"PD   {day}", "SN   Invented Gazette", "SC   INVG", "LA   English", "CY   (c) 2019 Press\n"]
    behind = ["CO   abc : Abc Road", "IN   i1 : Energy", "RE   kazk : Kazakhstan", "PUB  Invented Press"]
    number_line = f"AN   Document INVG000020190506ef560000{number}\n\n"
    return "\n".join([*head, f"LP   \n{first}\n", f"TD   \n{second}\n", *behind, number_line])


def factiva_in_cells(number: int, topic: str, day: str) -> str:
    return re.sub(r"(?m)^([A-Z]{2,3}) {2,3}", r"\1\n\n", factiva(number, topic, day))


def factiva_without_codes(number: int, topic: str, day: str) -> str:
    head = ["News", f"{topic} Road Opens Before Winter", f"By {BY}", "212 words", day, "10:25"]
    head += ["Invented Gazette", "INVG", "5", "English", "© 2019 Invented Press. All rights reserved."]
    return paragraphs("\n".join(head), body(topic), f"Document INVG000020190506ef560000{number}")


def proquest(number: int, topic: str, day: str) -> str:
    title = f"{topic} Road Opens Before Winter"
    above = "_" * 60, f"Document {number} of 2", title, "Author: Dana Example; Ilya Sample"
    info = f"Publication info: Invented Gazette ; London [London] {day}: A.4.", "Abstract: About a road."
    behind = "Subject: Roads; Ports", "Location: Astana", f"Title: {title}", f"Publication date: {day}"
    last = "Word count: 212", "Language of publication: English"
    return paragraphs(*above, *info, f"Full text: {body(topic)}", *behind, *last)


def proquest_of_today(number: int, topic: str, day: str) -> str:
    return re.sub(r"Document \d of 2\n\n", "", proquest(number, topic, day))


def export(write: Callable[[int, str, str], str], days: Sequence[tuple[str, str]] = DAYS) -> str:
    return "".join(write(n, topic, days[n - 1][0]) for n, topic in enumerate(TOPICS, start=1))


@pytest.mark.parametrize(
    "write",
    [
        *(nexis_of_old, nexis, with_headline, proquest, proquest_of_today),
        *(factiva, factiva_in_cells, factiva_without_codes),
    ],
)
def test_an_export_is_split_into_its_articles(write: Callable[[int, str, str], str]) -> None:
    days = EUROPEAN if "factiva" in write.__name__ else DAYS
    more = {"authors": "Dana Example; Ilya Sample", "notes": WRITTEN}
    more |= {} if write is factiva_without_codes else {"language": "en"}
    expected = [(body(topic), facts(topic, day[1], **more)) for topic, day in zip(TOPICS, days, strict=True)]
    found = split_export(export(write, days)) or []
    assert all(own.pop("date").startswith(day) for (_, own), (day, _) in zip(found, days, strict=True))
    assert [(re.sub(r"\n+", "\n\n", text), own) for text, own in found] == expected
    (alone,) = split_export(write(2, "China", days[1][0])) or [("", {})]
    assert alone[1].items() > expected[1][1].items()


def test_what_an_export_ends_with_is_not_lost() -> None:
    whole = nexis(1, "Russia", "May 6, 2019") + nexis(2, "China", "June 7, 2020").split("Load-Date")[0]
    assert [own["title"][:6] for _, own in split_export(whole) or ()] == ["Russia", "China "]
    summary = factiva_without_codes(1, "Russia", "6 May 2019") + "Search Summary\nText road\n"
    assert len(split_export(summary) or ()) == 1


@pytest.mark.parametrize("write", [nexis_of_old, factiva_without_codes, proquest_of_today])
def test_articles_that_cannot_be_told_apart_are_refused(write: Callable[[int, str, str], str]) -> None:
    bare = re.sub(r"(?m)^\s*\d of 2 DOCUMENTS$|^Document INVG.*$|_+", "", export(write))
    with pytest.raises(StudyError, match="^looks like 2 articles of a database, and does not show"):
        split_export(bare)


@pytest.mark.parametrize(
    "text",
    [
        f"A Road\n\n{NIGHT}",
        f"{NIGHT}\n\nEnd of Document\n",
        "Document 1 of 2\n\nThe road.",
        "HD is no code in it, nor has it 200 words\n\nLENGTH: long",
        f"{'_' * 60}\n\nA form with a rule.\n\n{'_' * 60}\n",
        "Subject: roads\n\nLanguage: English\n\n212 words\n\nLoad-Date: May 6, 2019",
    ],
)
def test_other_texts_are_no_exports(text: str) -> None:
    assert split_export(text) is None


def test_a_file_with_many_articles_gives_many_documents() -> None:
    text = export(with_headline)
    one, two = read_texts("export.txt", text.replace("grew", "gre\u00adw\u200b").encode("utf-16"))
    assert (one.part, two.part, one.fault, one.text) == ("#1", "#2", "", body("Russia"))
    assert one.notes == ("read as utf-16", "invisible characters taken out")
    more = {"authors": "Dana Example; Ilya Sample", "notes": WRITTEN, "language": "en"}
    assert two.facts == facts("China", DAYS[1][1], **more) | {"date": DAYS[1][0]}
    rtf = rb"{\rtf1\ansi " + text.encode().replace(b"\n", rb"\par ") + b"}"
    assert [t.text for t in read_texts("export.rtf", rtf)] == [body("Russia"), body("China")]
    empty = read_texts("export.txt", text.replace(body("China"), "").encode())
    assert [t.fault for t in empty] == ["", "an article without text in the export; export it again"]
