"""What may stand in a log line: where something broke, never whom it was about."""

import io
import logging
from collections.abc import Iterator

import pytest

from ivr.config import load_settings
from ivr.log import configure_logging


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging(load_settings(app_env="test"))
    yield stream
    root.handlers[:], root.level = before


NAME, NUMBER = "Maria Gonzalez", "+15550198234"


def test_an_exception_s_text_is_left_out_and_its_types_and_places_are_kept(written: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"Failing row contains ({NAME})")
        except ValueError as error:
            raise RuntimeError(f"for {NUMBER}") from error
    except RuntimeError:
        logging.getLogger("ivr.test").exception("a call's record could not be written")
    text = written.getvalue()
    assert NAME not in text and NUMBER not in text
    assert "could not be written" in text and "ValueError" in text and "RuntimeError" in text and "test_log.py" in text


def test_celery_s_own_line_keeps_it_out_too(written: io.StringIO) -> None:
    context = {"name": "tasks.bookings.carry_out", "id": "1", "exc": "DETAIL: Maria Gonzalez", "traceback": "Maria"}
    line = "Task %(name)s[%(id)s] raised: %(exc)s\n%(traceback)s"
    logging.getLogger("celery.app.trace").error(line, context, extra={"data": context})
    assert "Maria" not in written.getvalue() and "carry_out" in written.getvalue()
