"""The example of an environment keeps up with the settings."""

import re
from pathlib import Path

from ivr.config import Settings

EXAMPLE = Path(__file__).resolve().parent.parent.parent / ".env.example"


def examples() -> dict[str, str]:
    return dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))


def test_every_setting_is_named_and_nothing_else() -> None:
    assert set(examples()) == {name.upper() for name in Settings.model_fields}


def test_defaults_are_the_ones_that_apply_and_all_can_be_read() -> None:
    stated = {name.lower(): value for name, value in examples().items() if value}
    assert Settings.model_validate(stated) == Settings.model_construct()
