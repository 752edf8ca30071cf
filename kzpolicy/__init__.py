"""How texts on Kazakhstan's multi-vector foreign policy speak of the powers around it."""

from kzpolicy.coding import coder_agreement, scorer_agreement
from kzpolicy.comparing import change_test, dispersion, state_keyness, state_rates, world
from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.errors import StudyError
from kzpolicy.powers import Powers, load_powers
from kzpolicy.resemblance import closeness_change, ranking, resemblance, similarities, speech_map, validity
from kzpolicy.sentiment import coded_pairs, difference, mean_by, with_period
from kzpolicy.stance import balance, by_vector
from kzpolicy.themes import load_themes, make_theme
from kzpolicy.trends import attention, context_keyness, keyness, period_keyness, theme_counts, theme_rates

__version__ = "0.1.0"
__all__ = [
    "Corpus",
    "Powers",
    "StudyError",
    "attention",
    "balance",
    "by_vector",
    "change_test",
    "closeness_change",
    "coded_pairs",
    "coder_agreement",
    "context_keyness",
    "difference",
    "dispersion",
    "keyness",
    "load_corpus",
    "load_powers",
    "load_themes",
    "make_theme",
    "mean_by",
    "period_keyness",
    "ranking",
    "resemblance",
    "scorer_agreement",
    "similarities",
    "speech_map",
    "state_keyness",
    "state_rates",
    "theme_counts",
    "theme_rates",
    "validity",
    "with_period",
    "world",
]
