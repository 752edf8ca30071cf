"""How texts on Kazakhstan's multi-vector foreign policy speak of the powers around it."""
