"""In which order the files of tests run, and how they stand a busy machine."""

import pytest
from hypothesis import settings

# How long one example takes says nothing where calls have the processor first.
settings.register_profile("beside calls", deadline=None)
settings.load_profile("beside calls")

LONG = "test_offline_ears.py"
"""A file runs in one process: were this one the last, the other processes would wait for it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long file be the first of its folder."""
    folders = list(dict.fromkeys(item.path.parent for item in items))
    items.sort(key=lambda item: (folders.index(item.path.parent), item.path.name != LONG))
