"""The layers of the code: a module imports only from below its own layer, or from its own package."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

LAYERS = (
    ("wsgi", "ivr.__main__", "ivr.cli", "ivr.demo", "ivr.run", "ivr.stack", "ivr.processes", "ivr.trace"),
    ("ivr.app", "tasks"),
    ("ivr.web",),
    ("ivr.clients",),
    ("ivr.voice",),
    ("ivr.agent",),
    (
        *(
            "ivr.seed",
            "ivr.bookings",
            "ivr.settling",
            "ivr.appointments",
            "ivr.scheduling",
            "ivr.waitlist",
            "ivr.speech_retries",
            "ivr.doctors",
        ),
        *("ivr.patients", "ivr.calls", "ivr.call_ends", "ivr.heard", "ivr.callbacks", "ivr.names", "ivr.phones", "ivr.timetable"),
        *("ivr.sms", "ivr.reminders", "ivr.retention"),
        *("ivr.records", "ivr.paging", "ivr.idempotency", "ivr.accounts", "ivr.logins", "ivr.api_keys", "ivr.passwords"),
        *("ivr.roster", "ivr.hours", "ivr.calendar", "ivr.diary", "ivr.call_log", "ivr.deliveries", "ivr.registry", "ivr.privacy"),
        *("ivr.knowledge", "ivr.everyday"),
    ),
    ("ivr.database_limits", "ivr.outbox", "ivr.receiver", "ivr.queue", "ivr.sender", "ivr.backlog", "ivr.breaker", "ivr.broker"),
    ("ivr.migrate", "ivr.models", "ivr.schemas"),
    ("ivr.config", "ivr.errors", "ivr.access", "ivr.log", "ivr.embedded"),
)
OFFLINE_MAY_IMPORT = ("ivr.voice.audio", "ivr.voice.media_stream")
MODULES = sorted(path for folder in ("ivr", "tasks") for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> tuple[int, str]:
    for number, members in enumerate(LAYERS):
        for member in members:
            if module == member or module.startswith(f"{member}."):
                return number, member
    raise AssertionError(f"{module} stands in no layer")


def imported(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module in ("ivr", "tasks"):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return [name for name in names if name.split(".")[0] in ("ivr", "tasks")]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_below(path: Path) -> None:
    module, tree = name_of(path), ast.parse(path.read_text())
    if module == "ivr":
        return
    if module.startswith("ivr.offline"):
        others = [name for name in imported(tree) if not name.startswith("ivr.offline")]
        assert set(others) <= set(OFFLINE_MAY_IMPORT), "the stand-in is a program of its own"
        return
    own_layer, own_package = layer_of(module)
    for name in imported(tree):
        if name.startswith("ivr.offline"):
            assert own_layer == 0, f"{module} imports {name}"
            continue
        layer, package = layer_of(name)
        assert layer >= own_layer, f"{module} imports {name}, which stands above it"
        assert {own_package, package} != {"ivr.models", "ivr.schemas"}, "models and schemas never import each other"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_hides_inside_a_function(path: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [name for function in functions for name in imported(function)] == []
