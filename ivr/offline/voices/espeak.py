"""eSpeak NG's shared library, for the languages that have no better voice. GPL-3: used in the stand-in's process alone."""

import atexit
import ctypes
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path

import espeakng_loader
import numpy as np

from ivr.offline.models import ModelUnusable

# speak_lib.h
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_BY_CHARACTER = 1

LONGEST_PATH_BYTES = 150
"""The library keeps the path in 160 bytes, and finds nothing by a longer one."""

_TakeSamples = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """The library has one state for the whole process: use `load_espeak`. Safe to use from several threads, one at a time speaks."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lock = threading.Lock()
        self._made: list[bytes] = []
        self.sample_rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, 0, _data_path(espeakng_loader.get_data_path()), _DO_NOT_EXIT)
        if self.sample_rate_hz <= 0:
            raise ModelUnusable("eSpeak NG does not find its data")
        # ctypes frees a callback that nothing refers to, while the library would still call it.
        self._callback = _TakeSamples(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str) -> np.ndarray:
        """Int16 samples. Raises `ValueError` for a voice that eSpeak does not have."""
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()):
                raise ValueError(f"eSpeak has no voice {voice}")
            self._made.clear()
            encoded = text.encode() + b"\0"
            self._library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
            return np.frombuffer(b"".join(self._made), dtype="<i2")

    def _take(self, samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._made.append(ctypes.string_at(samples, count * 2))
        return 0


def _data_path(path: str) -> bytes:
    """The data's path, by a link where it is longer than the library's buffer."""
    if len(path.encode()) > LONGEST_PATH_BYTES:
        folder = Path(tempfile.mkdtemp(prefix="espeak-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        link = folder / "espeak-ng-data"
        link.symlink_to(path)
        path = str(link)
    return path.encode()


@cache
def load_espeak() -> Espeak:
    """The process's one eSpeak. Raises `ModelUnusable`."""
    return Espeak()
