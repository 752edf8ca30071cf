"""Frames in, frames out; every value with its n and a 95% interval."""
