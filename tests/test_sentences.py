"""Tests of the splitting into sentences and words; every sentence here is invented."""

import time
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy import lists
from kzpolicy.build.sentences import find_words, split_sentences

# "|" marks an expected end with a space behind it, "~" one without.
HARD_CASES = [
    # Countries and other dotted abbreviations
    "The U.S. delegation arrived late.",
    "Map ә. Bekov drew it, and map b.|Omarov copied it.",
    "She flew to the U.S.|The visit was short.",
    "He likes the U.K. but the U.S. Congress does not.",
    "Trade with the U.K. grew.|It then fell.",
    "They met in Washington, D.C. Kazakhstan sent an envoy.",
    "The firm left the U.S.|It moved to Astana.",
    "The U.S. 2019 budget was cut.",
    "Exports to the U.S.-led bloc rose.",
    "The ministry praised the (U.S.) Embassy staff.",
    # Titles and initials
    "H.E. Mr. Omarov spoke.|Mrs. Lee and Ms. Kim listened.",
    "We thank Dr. Ahmet, Prof. Weiss and Gen. Durov for coming.",
    "They toured St. Petersburg.|Lt. Col. Baker stayed home.",
    "The book by J. F. Kennedy sold well.",
    "N. A. Testov and J.-P. Dupont signed.|So did Zh. Exampleov.",
    "It was Plan B.|The first had failed.",
    "Rev. Smith met Sen. Jones Jr. Kazakhstan was not discussed.",
    # Latin abbreviations
    "Some goods, e.g. Oil and wheat, rose; others, i.e. Coal, did not.",
    "They sell oil, gas, etc. to China.",
    "They sell oil, gas, etc.|China buys most.",
    "It was North vs. South again.|In Smith v. Jones the court agreed.",
    "Ahmet et al. (2019) disagree.",
    "The claim is weak (see Ahmet et al.).|The reply is here.",
    # Numbers, references, dates
    "See No. 5 and Art. 2 of the law.|See also para. 3, pp. 3-4 and vol. 2.",
    "Is it over?|No.|The work goes on.",
    "On 5 Jan. 2022 the price rose by 13.5 per cent.|It fell in Dec.|Nobody knew why.",
    "The fund holds $68bn.|Half of it is abroad.",
    "Trade was worth $3.5 billion.|$2 billion was oil.",
    "The Council passed resolution 1244 (1999).|Nobody objected.",
    "It passed resolution 99.|2020 was a hard year.",
    "Growth was 4.5%.|In 2021 it was 3.1%.",
    "The law changed (see art. 5).|§ 7 is new.",
    "Under § 12 of the code it is void.",
    "It opened on 1st March.|On the 2nd it closed.",
    "The bus leaves at 5 p.m. on Friday.|It returns at 9 a.m.|The fare is low.",
    "They meet at 6 p.m. Monday.",
    # Companies
    "He left Steppe Oil Inc.|The rival is Plains Co. Ltd. of London.",
    "He runs Steppe Oil Inc. and Plains Co. Ltd. from Almaty.",
    # Quotation marks and brackets
    "He said, “We agree.”|Then he left.",
    "He said, “We agree”.|Then he left.",
    "He said, 'We agree.'|\"So do we.\"|‘Good!’|All went home.",
    "Er sagte: „Wir gehen.“|Dann ging er.",
    "Он сказал: «Мы едем».|Потом он уехал.",
    "She said 'It is over.|We go.' and left.",
    "(This is an aside.)|The text goes on (as before.) and on.",
    "“Is it so?” she asked.|“It is!”|Nobody moved.",
    "The plan [and] the budget passed.|[T]he rest failed.",
    "They told me... to wait.|Nothing came.",
    "The end is near. ”|The start was not.",
    "It grew.[3]|Then it fell.12|Nobody cared.”7|All slept.",
    "It grew.²|Then it fell.ⁱ|It rose.[1]–[3]|It stood.",
    "The (so-called?) friends of the (?) State left.",
    # Ellipses
    "We waited ... and waited … and left.",
    "We waited...|Then we left…|The door closed.",
    "The people ... Kazakhstan among them ... agreed.",
    "The people […] Kazakhs among them [...] agreed.",
    "It was over. [...]|The guests left. . . .|Rain fell....|Snow came.",
    "All was quiet ...|The guns fell silent.",
    # Question and exclamation marks
    "Really?!|Yes!!!|Why not?|Because.",
    "Who won? asked the boy.",
    "Stop!|Go?|Wait.",
    # Missing and extra spaces
    "He founded the Organisation.~The visit was brief.|All came.~(Some left.)",
    "Prices rose in 2019.~Wages did not.",
    "The road is long.| The night is short.",
    "Mr.\u00a0Omarov came.|\u00a0He\u202fstayed.",
    "The deal is done .|The ink is dry.",
    "First line of\na sentence.|Second\nsentence of\nthree.|Third.",
    # Addresses
    "See https://example.org/A.Page?Id=3.B and www.Example.Com today.|Or write to A.B@Example.Org.",
    "The site example.kz is new.|Try example.com.|It works.",
    "The domain was Example.Kz until May.",
    # Lists and headings
    "1. First, act.|2. Second, wait.|10. Tenth, rest.",
    "A. The problem is old.|B. The answer is new.",
    "2.3. Energy matters.|IV. Trade does too.",
    "There are two aims: 1. Peace for all.|2. Bread for all.",
    "FOREIGN POLICY OF THE U.S. IN ASIA.|THE VISIT BEGAN.",
    # Names, dashes, Cyrillic
    "Nur-Sultan is Astana.|Astana was Nur-Sultan.",
    "It failed.|— So they say.",
    "It is so – they say.|• One point.|• Two points.",
    "Президент приехал.|Визит был коротким.|А. Б. Примеров ждал.",
    "Қазақстан өсті.|Әлем көрді.",
    # Titles, ranks and offices, alone, in a row and joined
    "They met Brig. Gen. Omarov, Assoc. Prof. Lee and Pres. Bekov.|All left.",
    "They met Lt.-Gen. Omarov, Gen.-Maj. Lee, Lt.Gen. Kim and Vice-Pres. Weiss.",
    "Mr./Mrs. Lee and Rt. Hon. Baker met Asst. Secretary Kim and Supt. Durov.",
    "Non-U.S. Troops left, and so did Sgt. Maj. Durov.",
    # Days, bodies, places
    "On Tues. Kazakhstan signed it.|They met on Wed.|The talks failed.",
    "There he sat.|Kazakhstan signed it.",
    "The Intl. Monetary Fund, the Fed. Reserve and the Natl. Bank paid.",
    "On 5. October Kazakhstan voted.|It won by 5.|Others lost.",
    "He lives at 5 Main Rd. Almaty, in Calif. Kazakhs say.",
    "See Nr. 5, Sect. 2 and Refs. 3 and 4.",
    # Signs between sentences
    "It is over.|😀 We go home.~😀 We stay.|👍🏽 Good.|❤️ Bad.|🇰🇿 Fine.",
    "Trade grew.|\uf0b7 Ties with Russia froze.|■ Roads opened.|● All was well.|► We left.|✓ Done.",
    "The map shows 5 → 6 and A ■ B.",
    # Notes behind the end
    "It grew.1,2|Then it fell.3–5|Then it rose.[3, 4]|It froze.[note 3]|It stood.[1], [2]|It fell.",
    "It grew.(3)|It fell.(a)|It froze.†|It rose.**|It stood.¹,²|It went.⁽¹⁾|It left.[a]|It came.",
    "It joined the EU.12|Then it left.|It grew by 5%.3|Then it fell.|Why?3|Because.",
    "It left the U.S.[3]|Then it fell (again).3|“So it goes.”4|That was it.",
    "See vol.12 The Road and No.12 The Port.",
    # Nothing to split
    "No full stop here",
    "She quoted “... Or you may go” twice.",
    "King Omar P. Kazakhov met V. Putin at p. 5.|C. Omarov left.",
    "... And so it began.|It ended. ...",
    "— . The dash comes first.",
]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def plain(case: str) -> str:
    return case.replace("|", " ").replace("~", "")


@pytest.mark.parametrize("case", HARD_CASES)
def test_hard_case(case: str) -> None:
    expected = [part.strip() for part in case.replace("~", "|").split("|")]
    assert sentences(plain(case)) == expected


@pytest.mark.parametrize("case", HARD_CASES)
def test_properties(case: str) -> None:
    text = plain(case)
    spans = split_sentences(text)
    bounds = [offset for span in spans for offset in span]
    assert bounds == sorted(bounds)
    assert all(start < end for start, end in spans)
    kept = "".join(text[start:end] for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    for sentence in sentences(text):
        assert sentences(sentence) == [sentence]
    broken = text.replace(" ", "\n")
    assert split_sentences(broken) == spans


def test_abbreviations_are_listed_by_kind_and_once() -> None:
    kinds = tomllib.loads(lists.path("abbreviations.toml").read_text("utf-8"))
    words = [word for kind in kinds.values() for word in kind["words"]]
    assert {kind["ends"] for kind in kinds.values()} == {"never", "number", "starter"}
    assert len(words) == len(set(words)) > 300
    for kind in kinds.values():
        for word in kind["words"]:
            # What is in small letters is known with a capital too.
            for form in {word, word[0].upper() + word[1:]} if len(word) > 1 else {word}:
                after = "5" if kind["ends"] == "number" else "Omarov"
                assert len(sentences(f"They saw {form}. {after} there.")) == 1, form


@pytest.mark.parametrize("text", ["", " ", "\n\u00a0\t"])
def test_empty(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize("text", [".", "?!", "— …", "”", " . . ."])
def test_no_word(text: str) -> None:
    assert sentences(text) == [text.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "." * 100_000,
        "a." * 100_000,
        '"' * 100_000,
        '."' * 100_000,
        "A. " * 100_000,
        ". " * 100_000,
        "ab.Cd" * 50_000,
        "a. [...] " * 50_000,
        "Ab." + " " * 500_000 + "Cd",
        "word " * 200_000,
        "abc." + "1" * 500_000,
        "a-" * 200_000,
        "ab.[" * 100_000,
        "abc.1," * 100_000,
        "Lt.-" * 100_000 + "Gen. Lee",
        "End. " + "■ " * 200_000,
        "1," * 200_000,
    ],
    ids=range(17),
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    begun = time.perf_counter()
    split_sentences(text)
    find_words(text)
    # Generous for slow machines; quadratic time would be minutes.
    assert time.perf_counter() - begun < 5


WORD_CASES = {
    "": [],
    " – . … !": [],
    "Kazakhstan's multi-vector policy": ["kazakhstan", "multi-vector", "policy"],
    "Kazakhstan’s and the States’ aims": ["kazakhstan", "and", "the", "states", "aims"],
    "We don’t know O'Neill; it's hers.": ["we", "don't", "know", "o'neill", "it", "hers"],
    "The U.S. and the U.K.": ["the", "u.s.", "and", "the", "u.k."],
    "The U.S., U.S.'s, U.S’s and US": ["the", "u.s.", "u.s.", "u.s.", "and", "us"],
    "U.S.-led and non-U.S. troops": ["u.s.-led", "and", "non-u.s.", "troops"],
    "i.e. oil, e.g. gas at 5 p.m.": ["i.e.", "oil", "e.g.", "gas", "at", "5", "p.m."],
    "6,467 and 13.5, or 1,000.": ["6,467", "and", "13.5", "or", "1,000"],
    "$68bn. The 5th, 2.5m": ["68bn", "the", "5th", "2.5m"],
    "Nur‑Sultan, Nur-Sultan": ["nur-sultan", "nur-sultan"],
    "war -- peace - 1990–2000": ["war", "peace", "1990", "2000"],
    "‘Yes,’ she said": ["yes", "she", "said"],
    "J.F. Kennedy and J.F.Kennedy": ["j.f.", "kennedy", "and", "j.f.", "kennedy"],
    "over.The end": ["over", "the", "end"],
    "Қазақстан мен Ресей": ["қазақстан", "мен", "ресей"],
    "cafe\u0301 CAFÉ": ["café", "café"],
    "resolution A/70/1, snake_case": ["resolution", "a", "70", "1", "snake", "case"],
}


@pytest.mark.parametrize("text", WORD_CASES)
def test_find_words(text: str) -> None:
    assert find_words(text) == WORD_CASES[text]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from([*"aBs19 '’-.,_\n", "'s", " – "]), max_size=12).map("".join))
def test_words_of_any_signs_are_the_same_beside_a_letter_that_is_not_plain(text: str) -> None:
    assert find_words(f"{text} é") == [*find_words(text), "é"]
