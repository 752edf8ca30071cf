"""How texts on Kazakhstan's multi-vector foreign policy speak of the powers around it."""

from kzpolicy.build.study import build_study
from kzpolicy.build.texts import with_texts
from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.explore import explore_evidence, explore_table
from kzpolicy.measures.agreement import coder_agreement, scorer_agreement
from kzpolicy.measures.concordance import keyword_in_context
from kzpolicy.measures.corrected import corrected_means
from kzpolicy.measures.delegations import change_test, named, state_rates, world
from kzpolicy.measures.keyness import context_keyness, keyness, period_keyness
from kzpolicy.measures.keywords import attention, keyword_rates, theme_rates
from kzpolicy.measures.sampling import draw_sample, join_codes
from kzpolicy.measures.sheets import read_sheet, write_sheet
from kzpolicy.measures.similarity import closeness_change, ranking, resemblance, similarities
from kzpolicy.measures.tone import (
    by_vector,
    coded_pairs,
    difference,
    mean_by,
    mention_pairs,
    with_period,
)
from kzpolicy.panel import explore
from kzpolicy.powers import load_powers
from kzpolicy.scores.targeted import score_targets
from kzpolicy.tables import StudyError
from kzpolicy.themes import load_themes, make_theme

__version__ = "0.4.0"
__all__ = [
    "Corpus",
    "StudyError",
    "attention",
    "build_study",
    "by_vector",
    "change_test",
    "closeness_change",
    "coded_pairs",
    "coder_agreement",
    "context_keyness",
    "corrected_means",
    "difference",
    "draw_sample",
    "explore",
    "explore_evidence",
    "explore_table",
    "join_codes",
    "keyness",
    "keyword_in_context",
    "keyword_rates",
    "load_corpus",
    "load_powers",
    "load_themes",
    "make_theme",
    "mean_by",
    "mention_pairs",
    "named",
    "period_keyness",
    "ranking",
    "read_sheet",
    "resemblance",
    "score_targets",
    "scorer_agreement",
    "similarities",
    "state_rates",
    "theme_rates",
    "with_period",
    "with_texts",
    "world",
    "write_sheet",
]
