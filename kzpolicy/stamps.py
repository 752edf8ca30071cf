"""Numbers in prose that are checked against the tables.

A *stamp* is an HTML comment that names a fact, directly after what it stamps: a number, a single
word, or words in emphasis: ``-0.33<!--tone_russia_clark2015-->``, ``Russia<!--coldest-->``,
``**the United States**<!--warmest-->``. Readers of the rendered page never see it.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

NUMBER = r"(?<![\w.])[-+\u2212]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)%?(?!\w|\.\d|,\d{3})"
PLAIN = rf"{NUMBER}|[^\W\d_](?:[\w'’-]*\w)?"
KEY = r"<!--(?P<key>[A-Za-z]\w*)-->"
STAMP = re.compile(rf"(?:(?P<mark>\*\*?)(?P<words>[^\s*][^*\n]*)(?P=mark)|(?P<plain>{PLAIN}|)){KEY}")
CODE = re.compile(r"^(```+|~~~+).*?^\1[ \t]*$|(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\2(?!`)", re.M | re.S)
SPELLED = dict(enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1))


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


def _without_code(text: str) -> str:
    """Blank out code, keeping every position."""
    return CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _stamps(text: str) -> Iterator[_Stamp]:
    for found in STAMP.finditer(_without_code(text)):
        group = "plain" if found["mark"] is None else "words"
        yield _Stamp(found[group], found["key"], found.start(group), group == "plain")


def _small(number: str) -> int:
    return int(number) if re.fullmatch(r"\d\d?", number) else 0
