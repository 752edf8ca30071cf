"""Tests of mending texts; every text is invented."""

import unicodedata

import pytest

from kzpolicy.build.mending import join_words, mend

MOJIBAKE = "mojibake mended"
ALIKE = "Cyrillic or Greek letters in Latin words mended"
APOSTROPHES = "odd apostrophes mended"
ACCENTS = "detached accents mended"
WRITTEN = "written-out line ends or signs mended"
NIGHT = "The road is long, and the night is dark and cold."


@pytest.mark.parametrize(
    "text",
    [
        NIGHT,
        "“Don’t,” he said — ‘not in Łódź’ – and left…\n\n\tRuns on.\f",
        "naïve café, Ñandú, Çağatay, à l’été, 5′ and 6″, 20°, £5, ★, 😀 \u00a0one",
        "“Русские” идут… «ёлки», Қазақстан; США и НАТО met. Ελλάδα και Ρωσία",
        "日本語のテキスト、中国",
        "A ``quotation´´ of the `road´ at C:\\new\\road, $\\nu$ and $\\tau$",
        "import-\nand export, 2015-\n2016, a dash -\nhere",
        "well-\n\nNext paragraph",
    ],
)
def test_what_is_whole_stays_as_it_is(text: str) -> None:
    assert mend(text) == (text, ())


@pytest.mark.parametrize(
    ("text", "mended", "note"),
    [
        ("Russiaâ€™s, Chinaâ€”a man—paid.", "Russia’s, China—a man—paid.", MOJIBAKE),
        ("Russia‚Äôs road", "Russia’s road", MOJIBAKE),
        ("RussiaвЂ™s road, and", "Russia’s road, and", MOJIBAKE),
        ("RussiaÃ¢â‚¬â„¢s TÃ¼rkiye", "Russia’s Türkiye", MOJIBAKE),
        ("Russia\x92s road", "Russia’s road", MOJIBAKE),
        ("con\ufb02ict, \uff25\uff35", "conflict, EU", "ligatures or wide letters mended"),
        ("Russia\u02bcs doesn`t don\u00b4t", "Russia’s doesn’t don’t", APOSTROPHES),
        ("RussiaÕs and China‘s", "Russia’s and China’s", APOSTROPHES),
        ("Finland \u0301s road", "Finland’s road", APOSTROPHES),
        (unicodedata.normalize("NFD", "Türkiye"), "Türkiye", ACCENTS),
        ("Tu \u0308rkiye", "Türkiye", ACCENTS),
        ("Russia_x000D_\nsold _x005F_x", "Russia\nsold _x", WRITTEN),
        ("AT&T and Russia\\xa0man", "AT&T and Russia\xa0man", WRITTEN),
        ("cold.\\n\\nRussia\\r\\nsold", "cold.\n\nRussia\nsold", WRITTEN),
        ('don\\\'t say \\"no\\", Russia\\u2019s', 'don\'t say "no", Russia’s', WRITTEN),
        ("Rus\u200bsia\u202e, \u2066Chi\xadna\x07é", "Russia, Chinaé", "invisible characters taken out"),
        ("The \u0415U, \u0421STO, \u041eP\u0415C; США", "The EU, CSTO, OPEC; США", ALIKE),
        ("don\ufffdt", "don\ufffdt", "letters lost before the file came here (\ufffd)"),
    ],
)
def test_what_broke_is_mended_and_told(text: str, mended: str, note: str) -> None:
    assert mend(text) == (mended, (note,))


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u2011", "\xad", "\xac"])
@pytest.mark.parametrize("end", ["\n", "  \r\n  "])
def test_words_broken_at_a_line_end_by_any_hyphen(hyphen: str, end: str) -> None:
    assert mend(f"He praised the Krem{hyphen}{end}lin.") == ("He praised the Kremlin.", ())
    assert mend(f"He praised the Krem{hyphen}{end}\nlin.")[0] == "He praised the Kremlin."
    assert mend(f"In Ka{hyphen}{end}zakh{hyphen}{end}stan.") == ("In Kazakhstan.", ())


def test_the_hyphen_of_a_compound_stays() -> None:
    for broken in (
        *("the Secretary-\nGeneral", "self-\ndetermination", "state-\nowned"),
        *("multi-\nvector, a multi-vector one", "the trade and a road: trade-\nroad"),
    ):
        assert mend(broken)[0] == broken.replace("\n", "")
    whole = "with-\nout, with it, out there, without"
    assert mend(whole)[0] == whole.replace("-\n", "")
    assert (
        mend("soft Krem\xac lin and Krem\xadlin but A\xac Bee")[0] == "soft Kremlin and Kremlin but A\xac Bee"
    )
    assert join_words("no break - here") == "no break - here"
    assert mend("a\r\nb\rc\u2028d\x85e") == ("a\nb\nc\nd\ne", ())
