"""Numbers in prose that are checked against the notebook they stand in.

A *stamp* is an HTML comment directly after a number, a word, or words in emphasis. It holds an
expression of the notebook: ``+0.36<!-- tone.loc["china", "mean"] -->``. Readers of the rendered page
never see it. The expression is evaluated after the notebook has run, written in the form of what is
shown (decimals, sign, percent, thousands, numbers up to twelve in words), and compared.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

NUMBER = r"(?<![\w.])[-+−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)%?(?!\w|\.\d|,\d{3})"
WORD = r"[^\W\d_](?:[\w'’-]*\w)?"
STAMP = re.compile(
    rf"(?:(?P<mark>\*\*?)(?P<words>[^\s*][^*\n]*)(?P=mark)|(?P<plain>{NUMBER}|{WORD}))<!--(?P<code>.*?)-->"
)
CODE = re.compile(r"^(```+|~~~+).*?^\1[ \t]*$|(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\2(?!`)", re.M | re.S)
SPELLED = dict(enumerate("no one two three four five six seven eight nine ten eleven twelve".split()))
MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|March|April|May|June?|July?|Aug(?:ust)?|Sept(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
# What carries digits and is no result, in the order in which it is taken out.
NO_RESULT = (
    r"<!--[\s\S]*?-->|<[^>]+>",
    r"(?<=\])\([^)]*\)|^\s*\[[^\]]+\]:\s.*$|https?://\S+",  # links' targets
    r"^\s*(?:#+\s+)?\d+[.):]\s",  # the ordinal of a heading or of a list item
    r"(?<![\w.])0\d(?:-[a-z]\w*)*\b",  # a notebook's number
    rf"\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d{{1,2}}\s+{MONTH}(?!\w)|\b{MONTH}\s+\d{{1,2}}(?!\w|\.\d)",
    r"(?<![\w.])(?:19\d\d|20\d\d)(?:[-–/]\d\d(?:\d\d)?)?(?!\w|[.,]\d|%)",  # years
)


class Stamp(NamedTuple):
    """What is shown, the expression behind it, and where it stands."""

    shown: str
    code: str
    start: int


def stamps(text: str) -> Iterator[Stamp]:
    """Find the stamps of a text outside code.

    Examples
    --------
    >>> list(stamps("Tone is **+0.36**<!-- tone.mean() -->."))
    [Stamp(shown='+0.36', code='tone.mean()', start=10)]
    """
    for found in STAMP.finditer(_without_code(text)):
        group = "plain" if found["mark"] is None else "words"
        yield Stamp(found[group], found["code"].strip(), found.start(group))


def as_shown(value: Any, shown: str) -> str:
    """Write a value in the form of what is shown.

    Examples
    --------
    >>> as_shown(0.357, "+0.36"), as_shown(-0.357, "+0.36"), as_shown(0.48, "48%"), as_shown(5, "five")
    ('+0.36', '−0.36', '48%', 'five')
    """
    if isinstance(value, str):
        return value
    if shown.lower() in SPELLED.values() and value in SPELLED:
        word = SPELLED[int(value)]
        return word.capitalize() if shown[0].isupper() else word
    if shown.endswith("%"):
        value *= 100
    places = len(re.sub(r"[^\d.]", "", shown).partition(".")[2])
    text = f"{value:{'+' if shown[0] in '+−-' else ''},.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−") + ("%" if shown.endswith("%") else "")


def stale(text: str, values: Mapping[str, Any]) -> list[str]:
    """Name every stamp that shows something else than its expression gives.

    Examples
    --------
    >>> stale("It is 0.12<!-- tone -->.", {"tone": 0.14})
    ['tone: the text says 0.12, the tables say 0.14']
    """
    return [
        f"{one.code}: the text says {one.shown}, the tables say {now}"
        for one in stamps(text)
        if (now := as_shown(values[one.code], one.shown)) != one.shown
    ]


def renew(text: str, values: Mapping[str, Any]) -> str:
    """Write into each stamped place what its expression gives.

    Examples
    --------
    >>> renew("Five<!-- n --> articles", {"n": 6})
    'Six<!-- n --> articles'
    """
    for one in reversed(list(stamps(text))):
        end = one.start + len(one.shown)
        text = text[: one.start] + as_shown(values[one.code], one.shown) + text[end:]
    return text


def unstamped(text: str, constants: Collection[str] = ()) -> list[str]:
    """List the numbers of a text that no stamp checks, constants of the method left out.

    Examples
    --------
    >>> unstamped("In 2015, 0.29 per 10,000 words (95% interval)", {"95%", "10,000"})
    ['0.29']
    """
    text = STAMP.sub(" ", _without_code(text))
    for pattern in NO_RESULT:
        text = re.sub(pattern, " ", text, flags=re.MULTILINE)
    return [number for number in re.findall(NUMBER, text) if number not in constants]


def _without_code(text: str) -> str:
    """Blank out code, keeping every position; comments stay."""
    return CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
