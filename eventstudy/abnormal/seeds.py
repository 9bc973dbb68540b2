"""Randomness with a name: what is drawn depends on the study's seed and on what it is drawn for, on nothing else."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *keys: str) -> np.random.Generator:
    """Return a generator keyed by words: the same draws whatever the number of workers or the order of work."""
    words = hashlib.sha256("\x1f".join(keys).encode()).digest()
    key = int.from_bytes(words[:16], "little")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))
