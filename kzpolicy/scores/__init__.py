"""A sentence and a target in, tone and stance out; knows no corpus."""
