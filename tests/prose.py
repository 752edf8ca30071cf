"""What numbers prose holds, with a stamp and without; `kzpolicy.stamps` says what a stamp is."""

import re
from collections.abc import Collection

from kzpolicy.stamps import NUMBER, STAMP, _stamps, _without_code

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


def stamped(text: str) -> list[tuple[str, str]]:
    """List what is shown and the key of its fact, for each stamp outside code.

    Examples
    --------
    >>> stamped("Clark is cold: -0.33<!--tone_russia_clark2015-->, n = **14**<!--n-->.")
    [('-0.33', 'tone_russia_clark2015'), ('14', 'n')]
    """
    return [(stamp.shown, stamp.key) for stamp in _stamps(text)]


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
