"""Tests of the powers: what counts as a mention, what does not, and files of one's own."""

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy import lists
from kzpolicy.powers import VIA, Powers, load_powers
from kzpolicy.tables import StudyError

BUILT_IN = load_powers()
# What is named is between brackets, with "power via" in order behind it.
MENTIONS = [
    # States, their adjectives, possessives
    ("[Russia]’s border is long, and [Russia]'s road is longer.", "russia state, russia state"),
    ("[China], [India] and [Iran] came.", "china state, india state, iran state"),
    ("The [People's Republic of China] paid.", "china state"),
    ("The [United States] of Kazakh dreams.", "usa state"),
    ("The [United States]’ offer fell.", "usa state"),
    ("The [U.S.] and the [US] are one, says the [USA].", "usa state, usa state, usa state"),
    ("The [U.S.]’s offer fell.", "usa state"),
    ("They flew to the [U.S.]", "usa state"),
    ("[the West] won; [West] and east lost.", "west state, west state"),
    ("A [Western] lorry was sold to [western countries].", "west state, west state"),
    ("([Russia]) “[China]” [Iran]; [India]: [Turkey]!", "russia, china, iran, india, turkey"),
    # Hyphens, dashes, slashes
    ("An anti-[Russian] and pro-[Western] mood.", "russia state, west state"),
    ("[Sino]-[Russian] trade, [Russo]-[Chinese] talks.", "china, russia, russia, china"),
    ("[US]-Kazakhstan ties, Kazakh-[American] ties.", "usa state, usa state"),
    ("[EU]–Kazakhstan deal, a [US]/[EU] plan.", "eu state, usa state, eu state"),
    ("A non-[Western], non-[NATO] power.", "west state, west institution"),
    ("The [U.S.-led], [US-led] and [EU-led] plans.", "usa state, usa state, eu state"),
    ("A [Russian-led] bloc and a [Moscow]-led pact.", "russia state, russia capital"),
    ("[Kremlin]-backed banks and [Western]-style cafes.", "russia capital, west state"),
    # Broken over lines, oddly spaced
    ("The [Eurasian\nEconomic   Union] met.", "russia institution"),
    ("The [European\u00a0Union] and the [United\r\n\tStates].", "eu state, usa state"),
    ("[One Belt,\nOne Road]", "china institution"),
    # Headings in capitals
    ("[RUSSIA] AND [THE WEST] IN CENTRAL ASIA", "russia state, west state"),
    ("[UNITED STATES] AND [BEIJING]", "usa state, china capital"),
    # Signs of notes, underscores, raised letters, other apostrophes, detached accents
    (
        "[Russia]3 grew, [Russia]³ fell, [Russia]¹² rose, [Russia]⁽¹⁾, [Russia]ᵃ, [Iran]①.",
        "russia, russia, russia, russia, russia, iran",
    ),
    (
        "_[Russia]_ twice, __[China]__, [EU]27, 2022[Russia], ²[Iran], [India]†, [Turkey]*.",
        "russia, china, eu, russia, iran, india, turkey",
    ),
    ("[Russia]ʼs, [Russia]`s, [Russia]´s and [Russia]′s road.", "russia state"),  # noqa: RUF001
    ("The [People‘s Republic of China] and the [Peoples Republic of China].", "china state, china state"),
    ("[Tu\u0308rkiye] and [Erdog\u0306an].", "turkey state, turkey leader"),
    # U.S. in its spellings
    ("The [U.S], he said, left the [U. S.] troops, [U.S-led] and [U. S.-led].", "usa state"),
    ("The [U.S.A] and the [U. S. A.] are one; the [E.U] is another.", "usa state, usa state, eu state"),
    ("Non-[U.S.] troops left the [U. S]", "usa state, usa state"),
    ("He flew to [Washington, D. C.] and [Washington, D.C]", "usa capital, usa capital"),
    # "US" in a line of capitals, with a sign of the state
    ("THE [US] IS FAR, SAYS “THE [US]”", "usa, usa"),
    ("[US] HITS [IRAN] WITH NEW TARIFFS", "usa, iran"),
    ("TALKS IN [MOSCOW]: [US] SAYS NO", "russia, usa"),
    ("NEW [US] TROOPS AND OLD [US] SANCTIONS FOR ALL", "usa, usa"),
    (
        "[US]-[CHINA] TALKS, [CHINA]-[US] TALKS, [EU]/[US] TALKS, NEW [US]’S ENVOY",
        "usa, china, china, usa, eu, usa, usa",
    ),
    ("[CHINA], [US] SIGN PACT; [IRAN] AND [US] TALK", "china, usa, iran, usa"),
    ("[US]", "usa"),
    ("A [US] firm told us.\nTHEY TOLD US SO\nThe [US] left.", "usa, usa"),
    # A name beside an expression that is not meant
    ("Ethnic Russians left [Russia].", "russia state"),
    ("[Chinese] ships in the South China Sea.", "china state"),
    ("[India] borders the Indian Ocean.", "india state"),
    ("The [People’s Republic of China] is not the Republic of China.", "china state"),
    ("[Moscow] reads the Moscow Times; [the West] is not the West Bank.", "russia capital, west state"),
    (
        "[Chinese]-[American] trade, [Russian]-[Turkish] talks, [Western]–[Russian] ties.",
        "china, usa, russia, turkey, west, russia",
    ),
    ("See https://example.org/Iran, said [Russia]. Write to a@b.example or [India].", "russia, india"),
    (
        "[China].The road; [Russia].It grew; [Iran]/[India]; the [EU] (www.example.org/EU).",
        "china, russia, iran, india, eu",
    ),
    ("Soviet [Russia] was another state.", "russia state"),
]

NO_MENTION = [
    "A western wind, a road to the west of the city.",
    "Indochina, Indo-China, the Indo-Pacific.",
    "The Soviet Union fell; post-Soviet states rose; the USSR is gone.",
    "Turkmenistan, Turkic peoples, East Turkestan, a roast turkey.",
    "Belarussian milk, Belorussian trucks, Prussia.",
    "It helps us; they trust us.",
    "It cost 5 million US dollars.",
    "It cost US$5 million, or US$ 6.",
    "She played her trump card on a modish carpet.",
    "Xinjiang is not Xi’an, nor Xi'an.",
    "CHAPTER XI OF THE CHARTER",
    "The U.S.S.R., the U. S. S. R., the U.S.S.R and the U.S.S. Steppe were large.",
    "Rasputin, Putinism, Americanisation, Westphalia, Midwest.",
    "The Shanghai Cooperation Organisation and the United Nations.",
    "The EUR rate, a EURO note, USAID and the CISCO firm.",
    "Europe and the Council of Europe, European values.",
    "The Republic of China (Taiwan) spoke; envoys of the Republic of China, as Taiwan calls itself, came.",
    # Hyphens in what is not meant
    "A Latin-American, ethnic-Russian, West‑African, South-West or Bank-of-America firm came.",
    # Media, firms, regions, dishes, persons and the like
    "The Washington Post, The Moscow Times, THE CHINA DAILY, Times of India and USA Today wrote.",
    "Air India, Turkish Airlines, Air China, American Airlines, Brussels Airlines and Iran Air flew.",
    "West Ham met West Bromwich in West Virginia, West Bengal, Western Australia or the Turks and Caicos.",
    "Brussels sprouts, Beijing duck, Russian salad, Turkish delight, Indian summer and Chinese whispers.",
    "George Washington, Denzel Washington, Kanye West, Mae West, Melania Trump and America Ferrera.",
    "The Wild West, the Old West, the Western Wall, the Western Front and the American West.",
    "The Turkish Republic of Northern Cyprus and the European Council on Foreign Relations.",
    # Addresses
    "See https://example.org/Russia/gas.html, www.Russia.example, example.org/Iran?to=EU or Turkey.com.",
    "Write to press@US.example, info@West.example, Russia.desk@example.org or EU-press@example.org.",
    "Follow @Russia and @EU_Commission; open Iran_2019.pdf and China-Russia.docx.",
    # "US" in a line of capitals, without a sign of the state
    "TELL US WHY THE STEPPE IS DRY",
    "JOIN US IN THE CITY TODAY",
    "ABOUT US",
    "US AND THEM, OR US VERSUS THEM",
    "LET US GO, AND TRUST US",
    "A quiet day.\nNOBODY TOLD US ANYTHING\nIt was over.",
    "",
    " \n ",
]


def read(case: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the brackets out of a case; give the text and the spans that were between them."""
    text, spans = "", []
    for part in re.split(r"(\[[^]]*\])", case):
        if part.startswith("["):
            spans.append((len(text), len(text) + len(part) - 2))
            part = part[1:-1]
        text += part
    return text, spans


@pytest.mark.parametrize(("case", "expected"), MENTIONS)
def test_mentions(case: str, expected: str) -> None:
    text, spans = read(case)
    found = BUILT_IN.find(text)
    assert [(m.start, m.end) for m in found] == spans
    wanted = [name.split() for name in expected.split(",")]
    wanted *= len(spans) if len(wanted) == 1 else 1
    for mention, (power, *via) in zip(found, wanted, strict=True):
        assert mention.power == power
        assert not via or mention.via == via[0]


@pytest.mark.parametrize("text", NO_MENTION)
def test_no_mention(text: str) -> None:
    assert BUILT_IN.find(text) == []


def test_the_alias_is_the_name_as_listed() -> None:
    found = BUILT_IN.find("The EURASIAN ECONOMIC UNION, the Eurasian\nEconomic Union, RUSSIANS.")
    assert [m.alias for m in found] == ["Eurasian Economic Union", "Eurasian Economic Union", "Russians"]


def test_every_listed_name_is_found_whole() -> None:
    powers = BUILT_IN
    for key, table in tomllib.loads(lists.path("powers.toml").read_text("utf-8")).items():
        for via in VIA:
            for name in table.get(via, ()):
                usual = " ".join(name.split()).replace("'", "’")
                for form in {name, name.upper()} if len(name) > 2 else {name}:
                    (found,) = powers.find(f"so {form}, ")
                    assert (found.via, found.alias.replace("'", "’").upper()) == (via, usual.upper())
                    assert (found.power, found.start, found.end) == (key, 3, 3 + len(form))


def test_nothing_listed_as_not_meant_is_found_with_spaces_hyphens_or_in_capitals() -> None:
    powers = BUILT_IN
    for table in tomllib.loads(lists.path("powers.toml").read_text("utf-8")).values():
        for name in table["not_meant"]:
            for form in (name, name.replace(" ", "-"), name.replace(" ", "\n"), name.upper()):
                assert powers.find(f"see the {form}, ") == [], form
                assert powers.find(f"{form}1") == [], form


WORDS = st.sampled_from(
    "Russia Russians ethnic South China Sea the West Western Kazakhstan U.S. US us Eurasian Economic Union "
    "New Delhi Xi Jinping anti - – ’s , . \n \u00a0 Latin America NATO xRussia Russia1 _US".split(" ")
)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=15), st.sampled_from(["", " ", "-", "\n"]))
def test_mentions_are_whole_words_in_order_and_never_overlap(words: list[str], between: str) -> None:
    text = between.join(words)
    powers, end = BUILT_IN, 0
    for mention in powers.find(text):
        assert end <= mention.start < mention.end <= len(text)
        assert mention.power in powers.keys and mention.via in VIA
        assert " ".join(text[mention.start : mention.end].split()).upper() == mention.alias.upper()
        assert not text[: mention.start][-1:].isalpha() and not text[mention.end :][:1].isalpha()
        end = mention.end
    assert powers.find(text) == powers.find(f"{text}\n| Moscow")[:-1]


# The table of powers.


def test_the_powers_have_names_and_their_own_colours_and_markers() -> None:
    powers = BUILT_IN
    assert powers.keys == ("russia", "china", "usa", "eu", "west", "turkey", "iran", "india")
    assert [power.key for power in powers] == list(powers.keys)
    assert powers["usa"].name == "United States"
    assert len({p.color for p in powers}) == len({p.marker for p in powers}) == 8
    assert all(re.fullmatch("#[0-9A-F]{6}", p.color) for p in powers)


def test_powers_are_known_by_key_and_by_name() -> None:
    powers = BUILT_IN
    assert powers.names["west"] == "the West" and list(powers.names) == list(powers.keys)
    for power in powers:
        assert powers[power.key] == powers[power.name] == powers[power.name.upper()] == power
        assert powers.key(power.name) == powers.key(power.key) == power.key
    for ask in (powers.__getitem__, powers.key):
        with pytest.raises(StudyError, match="no power 'rusia'; near is russia; known are russia, Russia"):
            ask("rusia")
    with pytest.raises(StudyError, match="near is United States"):
        powers["Unitd States"]


OWN = """
[japan]
name = "Japan"
color = "#000000"
marker = "o"
state = ["Japan", "Japanese"]
capital = ["Tokyo"]
not_meant = ["Sea of Japan"]

[korea]
name = "Korea"
color = "#777777"
marker = "s"
state = ["Korea", "South Korea"]
not_meant = ["Sea of Japan"]
"""


def own(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "powers.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_powers_of_ones_own(tmp_path: Path) -> None:
    powers = load_powers(own(tmp_path, OWN))
    assert powers.keys == ("japan", "korea")
    found = powers.find("Tokyo and SOUTH KOREA share the Sea of Japan; Russia does not.")
    assert [(m.power, m.start, m.end, m.via, m.alias) for m in found] == [
        ("japan", 0, 5, "capital", "Tokyo"),
        ("korea", 10, 21, "state", "South Korea"),
    ]


def test_the_longest_name_that_fits_as_whole_words_is_found(tmp_path: Path) -> None:
    path = tmp_path / "powers.toml"
    look = 'color = "#000000"\nmarker = "o"\nstate = '
    path.write_text(
        f'[a]\nname = "A"\n{look}["Orl", "Orl Bay", "US"]\n[b]\nname = "B"\n{look}["Orl Bay Road", "US$"]\n'
    )
    text = "Orl Bay Roads, Orl  Bay\nRoad, Orla, xOrl, US$5, USA, US, Orl Ba"
    found = [(m.power, m.alias, text[m.start : m.end]) for m in load_powers(path).find(text)]
    assert found == [
        ("a", "Orl Bay", "Orl Bay"),
        ("b", "Orl Bay Road", "Orl  Bay\nRoad"),
        ("b", "US$", "US$"),
        ("a", "US", "US"),
        ("a", "Orl", "Orl"),
    ]


def test_a_name_is_found_whatever_names_it_holds(tmp_path: Path) -> None:
    look = 'name = "N"\ncolor = "#000000"\nmarker = "o"\n'
    names = 'state = ["the old Orl", "Orl Bay", "free towns of the coast", "Vale-led", "new $"]'
    powers = load_powers(own(tmp_path, f'[a]\n{look}{names}\nnot_meant = ["Orl Bay Street", "Orl"]\n'))
    text = "the old\nOrl; Orl; Orl Bay Street; FREE TOWNS OF THE COAST; new $1"
    for name in ("the old Orl", "Orl Bay", "free towns of the coast", "Vale-led", "new $"):
        assert [m.alias for m in powers.find(f"Orl Bay Street, {name}, Orl")] == [name]
    assert len(powers.find(text)) == 3


def test_a_power_without_names_is_never_mentioned(tmp_path: Path) -> None:
    powers = Powers(own(tmp_path, '[atlantis]\nname = "Atlantis"\ncolor = "#000000"\nmarker = "o"\n'))
    assert powers.find("Atlantis sank, they say.") == []


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "no power"),
        ("# only a remark\n", "no power"),
        ("[japan\n", "not a TOML file"),
        (OWN + OWN, "not a TOML file"),
        (b"\xff\xfe[\0j\0", "not a TOML file in UTF-8"),
        (OWN.encode("utf-16"), "not a TOML file in UTF-8"),
        ('name = "Japan"\n' + OWN, "[name]: no power"),
        (OWN.replace("[japan]", '["ja pan;"]'), "[ja pan;]: no power; write a heading of letters, digits"),
        (OWN.replace('color = "#777777"\n', ""), "[korea]: color must be a colour such as"),
        (OWN.replace('marker = "s"', 'marker = "square"'), "[korea]: marker must be a marker such as"),
        (OWN.replace('"#777777"', "7"), "[korea]: color must be a colour such as"),
        (OWN.replace('name = "Korea"', "name = 5"), "[korea]: name must be a name"),
        (OWN.replace("capital", "captial"), "[japan]: no field 'captial'; near is capital"),
        (OWN.replace('["Tokyo"]', '"Tokyo"'), "[japan]: capital must be a list"),
        (OWN.replace('["Tokyo"]', "[5]"), "[japan]: capital must be a list"),
        (OWN.replace('["Tokyo"]', '[" "]'), "[japan]: capital must be a list"),
        (OWN.replace('"Korea", ', '"Japan", '), "'Japan' stands under japan and korea; keep one"),
        (OWN.replace('"Korea", ', '"JAPAN", '), "'JAPAN' stands under japan and korea; keep one"),
        (OWN.replace('name = "Korea"', 'name = "Japan"'), "'japan' is two powers; change one"),
        (OWN.replace('"Sea of Japan"]\n\n', '"Korea"]\n\n'), "'Korea' stands under not_meant and korea"),
    ],
)
def test_a_bad_file_is_named_with_its_cause(tmp_path: Path, content: str | bytes, cause: str) -> None:
    path = own(tmp_path, content)
    with pytest.raises(StudyError) as caught:
        Powers(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and cause in message and "\n" not in message


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no.toml", tmp_path):
        with pytest.raises(StudyError) as caught:
            load_powers(path)
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "text",
    [
        "Russia, " * 10_000,
        "the " * 50_000,
        "a" * 200_000,
        "a." * 50_000 + " Russia",
        "a@" * 50_000 + " Russia",
    ]
    + ["South" + " " * 200_000 + "China Sea", "West-" * 10_000, "US " * 10_000, "THE US\n" * 10_000],
    ids=range(9),
)
def test_the_time_is_linear_in_the_length(text: str) -> None:
    powers, begun = BUILT_IN, time.perf_counter()
    powers.find(text)
    # Generous for slow machines; quadratic time would be minutes.
    assert time.perf_counter() - begun < 5
