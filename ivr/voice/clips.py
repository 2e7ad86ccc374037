"""Clips: speech that was made before, found again by what was said, in which voice, model and language."""

import hashlib
from collections import OrderedDict
from typing import Protocol

MOST_LOCAL_BYTES = 32 * 1024 * 1024
"""About 70 minutes of mu-law; beyond it the least recently used clips leave this process."""


class ClipStore(Protocol):
    """Clips shared by all processes. Neither method raises: a cache that is away is a cache that is empty."""

    def get(self, key: str) -> bytes | None:
        """Mu-law audio at 8 kHz, or None."""

    def put(self, key: str, audio: bytes) -> None:
        """Keep a clip."""


class NoClips:
    """A store that keeps nothing."""

    def get(self, key: str) -> bytes | None:
        """None."""
        return None

    def put(self, key: str, audio: bytes) -> None:
        """Forget it."""


def clip_key(voice: str, model: str, language: str, text: str) -> str:
    """The address of a clip: a hash of all that shapes its sound."""
    return hashlib.sha256("\0".join((voice, model, language, text)).encode()).hexdigest()


class Clips:
    """An in-process layer over the shared store."""

    def __init__(self, store: ClipStore, most_bytes: int = MOST_LOCAL_BYTES) -> None:
        self._store = store
        self._most_bytes = most_bytes
        self._local: OrderedDict[str, bytes] = OrderedDict()
        self._local_bytes = 0

    def get(self, key: str) -> bytes | None:
        """Mu-law audio at 8 kHz, or None."""
        audio = self._local.get(key)
        if audio is not None:
            self._local.move_to_end(key)
            return audio
        audio = self._store.get(key)
        if audio is not None:
            self._keep(key, audio)
        return audio

    def put(self, key: str, audio: bytes) -> None:
        """Keep a clip here and for the other processes."""
        self._keep(key, audio)
        self._store.put(key, audio)

    def _keep(self, key: str, audio: bytes) -> None:
        self._local_bytes += len(audio) - len(self._local.pop(key, b""))
        self._local[key] = audio
        while self._local_bytes > self._most_bytes and self._local:
            _, oldest = self._local.popitem(last=False)
            self._local_bytes -= len(oldest)
