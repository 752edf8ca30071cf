"""Numbers in prose that are checked against the tables.

A *stamp* is an HTML comment that names a fact, directly after what it stamps: a number, a single
word, or words in emphasis: ``-0.33<!--tone_russia_clark2015-->``, ``Russia<!--coldest-->``,
``**the United States**<!--warmest-->``. Readers of the rendered page never see it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

NUMBER = r"(?<![\w.])[-+\u2212]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)%?(?!\w|\.\d|,\d{3})"
PLAIN = rf"{NUMBER}|[^\W\d_](?:[\w'’-]*\w)?"
KEY = r"<!--(?P<key>[A-Za-z]\w*)-->"
STAMP = re.compile(rf"(?:(?P<mark>\*\*?)(?P<words>[^\s*][^*\n]*)(?P=mark)|(?P<plain>{PLAIN}|)){KEY}")
CODE = re.compile(r"^(```+|~~~+).*?^\1[ \t]*$|(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\2(?!`)", re.M | re.S)
SPELLED = dict(enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1))
MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|March|Mar\.?|April|Apr\.?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
# What carries digits and is no result, in the order in which it is taken out.
NO_RESULT = (
    r"<!--[\s\S]*?-->|<[^>]+>",  # comments, tags with their attributes, <https://...>
    r"(?<=\])\([^)]*\)|^\s*\[[^\]]+\]:\s.*$|https?://\S+",  # links' targets
    r"^\s*(?:#+\s+)?\d+[.):]\s",  # the ordinal of a heading or of a list item
    r"(?<![\w.])0\d(?:-[a-z]\w*)*\b|\b\d\d(?:-[a-z]\w*){2,}",  # 03, 03-sentiment, 10-one-more-question
    r"\b\d{4}-\d\d(?:-\d\d)?\b|\bC5\+1\b",  # dates; Central Asia and one power
    rf"\b\d{{1,2}}(?:[-–]\d{{1,2}})?\s+{MONTH}(?!\w)|\b{MONTH}\s+\d{{1,2}}(?!\w|\.\d)",
    r"(?<![\w.])(?:19\d\d|20\d\d|2100)(?:[-–/]\d\d)?(?!\w|[.,]\d|%)",  # years; 2021-22
)


class _Stamp(NamedTuple):
    shown: str
    key: str
    start: int
    plain: bool

    def problem(self, facts: Mapping[str, str]) -> str:
        """Say what is wrong with it; empty where nothing is."""
        if self.key not in facts:
            near = get_close_matches(self.key, list(facts), n=1)
            return "there is no such fact" + (f"; did you mean {near[0]}?" if near else "")
        fact = facts[self.key]
        if self.shown == fact or SPELLED.get(_small(fact)) == self.shown.lower():
            return ""
        if self.plain and not re.fullmatch(PLAIN, fact):
            return f"put what it stamps in emphasis, as in **{fact}**<!--{self.key}-->"
        return f"the text says {self.shown or 'nothing'}, the tables say {fact}"


def stamped(text: str) -> list[tuple[str, str]]:
    """List what is shown and the key of its fact, for each stamp outside code.

    Examples
    --------
    >>> stamped("Clark is cold: -0.33<!--tone_russia_clark2015-->, n = **14**<!--n-->.")
    [('-0.33', 'tone_russia_clark2015'), ('14', 'n')]
    """
    return [(stamp.shown, stamp.key) for stamp in _stamps(text)]


def stale(text: str, facts: Mapping[str, str]) -> list[str]:
    """Name every stamp whose text is not what the tables say.

    Examples
    --------
    >>> stale("It is 0.12<!--tone-->.", {"tone": "0.14"})
    ['tone: the text says 0.12, the tables say 0.14']
    """
    problems = ((stamp.key, stamp.problem(facts)) for stamp in _stamps(text))
    return [f"{key}: {problem}" for key, problem in problems if problem]


def restamp(text: str, facts: Mapping[str, str]) -> str:
    """Write what the tables say into each stamped place that can hold it.

    Unknown keys are left alone; a spelled number stays spelled while the fact is at most twelve.

    Examples
    --------
    >>> restamp("Five<!--articles--> articles, 1,204<!--words--> words",
    ...         {"articles": "6", "words": "1,377"})
    'Six<!--articles--> articles, 1,377<!--words--> words'
    """
    for stamp in reversed(list(_stamps(text))):
        if not stamp.problem(facts).startswith("the text says"):
            continue
        new = facts[stamp.key]
        if stamp.shown.lower() in SPELLED.values():
            new = SPELLED.get(_small(new), new)
            new = new.capitalize() if stamp.shown[0].isupper() else new
        text = text[: stamp.start] + new + text[stamp.start + len(stamp.shown) :]
    return text


def unstamped_numbers(text: str, allowed: Collection[str] = ()) -> list[str]:
    """List the numbers in Markdown prose that carry no stamp.

    Code, links' targets, HTML comments and attributes, years from 1900 to 2100, dates, names of
    notebooks and the ordinals of headings and lists are no results and need none.

    Parameters
    ----------
    text
        Markdown.
    allowed
        Numbers that are constants of the method, as they are written: ``{"95%", "10,000"}``.

    Examples
    --------
    >>> unstamped_numbers("In 2015, 0.29 per 10,000 words (95% interval)", {"95%", "10,000"})
    ['0.29']
    """
    text = STAMP.sub(" ", _without_code(text))
    for pattern in NO_RESULT:
        text = re.sub(pattern, " ", text, flags=re.MULTILINE)
    return [number for number in re.findall(NUMBER, text) if number not in allowed]


def _without_code(text: str) -> str:
    """Blank out code, keeping every position."""
    return CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _stamps(text: str) -> Iterator[_Stamp]:
    for found in STAMP.finditer(_without_code(text)):
        group = "plain" if found["mark"] is None else "words"
        yield _Stamp(found[group], found["key"], found.start(group), group == "plain")


def _small(number: str) -> int:
    return int(number) if re.fullmatch(r"\d\d?", number) else 0
