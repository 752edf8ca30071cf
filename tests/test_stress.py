"""What bodies of text stress, counts down to terms, and moves of closeness, against plain arithmetic."""

import numpy as np
import pytest

from kzpolicy import Corpus, load_corpus, theme_rates
from kzpolicy.comparing import state_rates, stress, terms_by_year, world
from kzpolicy.resemblance import closeness_change, ranking, similarities


@pytest.fixture(scope="module")
def speeches() -> Corpus:
    return load_corpus("speeches")


def test_the_last_row_of_terms_is_the_count_behind_the_rates(speeches: Corpus) -> None:
    table = terms_by_year(speeches, "KAZ", "security").set_index("term")
    counts = world(state_rates(speeches)).query("theme == 'security'").set_index("year")["count"]
    assert table.loc["all terms"].drop("total").tolist() == counts.tolist()
    assert (table.drop(index="all terms").sum() == table.loc["all terms"]).all()


def test_stress_of_one_document_is_its_rates() -> None:
    corpus = load_corpus().filter(document="clark2015")
    table = stress({"clark": corpus}).query("kind == 'theme'").set_index("key")
    rates = theme_rates(corpus).set_index("theme")
    for column in ("rate", "low", "high"):
        assert np.allclose(table[column], rates.loc[table.index, column])
    named = stress({"clark": corpus}).query("key == 'russia'").iloc[0]
    assert named["rate"] == pytest.approx(100 * named["count"] / named["size"])


def test_change_of_closeness_is_the_difference_of_two_rankings(speeches: Corpus) -> None:
    similar = similarities(speeches)
    row = closeness_change(similar, to=["RUS"]).iloc[0]
    first, second = (
        ranking(similar, "RUS", years=years).set_index("state").loc["KAZ", "percentile"]
        for years in (range(2015, 2019), range(2019, 2023))
    )
    assert row["change"] == pytest.approx(second - first)
    assert row["q"] == row["p"] and 0 < row["p"] <= 1
    assert "RUS" not in set(closeness_change(similar, "RUS")["power"])
