"""How texts on Kazakhstan's multi-vector foreign policy speak of the powers around it."""

import kzpolicy.arrow  # noqa: F401
from kzpolicy.coding import (
    alpha,
    category_agreement,
    coder_agreement,
    confusion,
    mean_correlation,
    per_class,
    scorer_agreement,
)
from kzpolicy.comparing import change_test, dispersion, state_keyness, state_rates, world
from kzpolicy.corpus import Corpus, load_corpus, powers_of, themes_of
from kzpolicy.errors import StudyError
from kzpolicy.estimating import corrected_means, needed
from kzpolicy.explore import explore
from kzpolicy.exploring import explore_evidence, explore_table
from kzpolicy.powers import Powers, load_powers
from kzpolicy.resemblance import closeness_change, ranking, resemblance, similarities, speech_map, validity
from kzpolicy.sampling import draw_sample, join_codes, mention_pairs
from kzpolicy.scoring import transformers_scorer
from kzpolicy.sentiment import coded_pairs, difference, mean_by, with_period
from kzpolicy.sheets import read_sheet, write_sheet
from kzpolicy.simulating import simulate_coverage
from kzpolicy.stance import balance, by_vector
from kzpolicy.targets import score_targets
from kzpolicy.themes import load_themes, make_theme
from kzpolicy.trends import attention, context_keyness, keyness, period_keyness, theme_counts, theme_rates

__version__ = "0.3.0"
__all__ = [
    "Corpus",
    "Powers",
    "StudyError",
    "alpha",
    "attention",
    "balance",
    "by_vector",
    "category_agreement",
    "change_test",
    "closeness_change",
    "coded_pairs",
    "coder_agreement",
    "confusion",
    "context_keyness",
    "corrected_means",
    "difference",
    "dispersion",
    "draw_sample",
    "explore",
    "explore_evidence",
    "explore_table",
    "join_codes",
    "keyness",
    "load_corpus",
    "load_powers",
    "load_themes",
    "make_theme",
    "mean_by",
    "mean_correlation",
    "mention_pairs",
    "needed",
    "per_class",
    "period_keyness",
    "powers_of",
    "ranking",
    "read_sheet",
    "resemblance",
    "score_targets",
    "scorer_agreement",
    "similarities",
    "simulate_coverage",
    "speech_map",
    "state_keyness",
    "state_rates",
    "theme_counts",
    "theme_rates",
    "themes_of",
    "transformers_scorer",
    "validity",
    "with_period",
    "world",
    "write_sheet",
]
