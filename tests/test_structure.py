"""What may know about what: read from the source, so that a wrong turn fails here and not in review."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "sessions").rglob("*.py"))
TEMPLATES = ROOT / "templates"

# A module that begins with the first imports nothing that begins with one of the others.
FOUNDATION = ("sessions.choices", "sessions.keys", "sessions.schema")
ABOVE_MODELS = (
    "sessions.attachments", "sessions.counting", "sessions.demo", "sessions.errors", "sessions.forms",
    "sessions.ingest", "sessions.management", "sessions.members", "sessions.presenters", "sessions.query",
    "sessions.receiving", "sessions.retention", "sessions.signin", "sessions.templatetags", "sessions.tokens",
    "sessions.urls", "sessions.views",
)  # fmt: skip
FORBIDDEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FOUNDATION, ("sessions.models", *ABOVE_MODELS)),
    "sessions.models": ABOVE_MODELS,
    "sessions.query": (
        "sessions.views", "sessions.presenters", "sessions.forms", "sessions.ingest", "sessions.management",
        "sessions.demo", "sessions.templatetags", "sessions.retention", "sessions.counting",
    ),
    "sessions.receiving": (
        "sessions.views", "sessions.presenters", "sessions.forms", "sessions.demo", "sessions.retention",
    ),
    "sessions.ingest": (
        "sessions.views", "sessions.presenters", "sessions.forms", "sessions.query", "sessions.receiving",
        "sessions.demo", "sessions.retention",
    ),
    "sessions.counting": (
        "sessions.views", "sessions.presenters", "sessions.forms", "sessions.receiving", "sessions.management",
        "sessions.demo", "sessions.templatetags",
    ),
    "sessions.retention": (
        "sessions.views", "sessions.presenters", "sessions.forms", "sessions.receiving", "sessions.management",
        "sessions.demo", "sessions.templatetags",
    ),
    "sessions.presenters": (
        "sessions.views", "sessions.forms", "sessions.ingest", "sessions.management", "sessions.retention",
    ),
    "sessions.forms": ("sessions.views", "sessions.presenters"),
    "sessions.views": ("sessions.management", "sessions.demo"),
    "sessions": ("tests", "benchmarks"),
}  # fmt: skip

# Who may ask or change the sessions themselves.
KNOWS_THE_TABLE = (
    "sessions.query", "sessions.ingest", "sessions.retention", "sessions.counting", "sessions.models",
    "sessions.migrations",
)  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Everything imported anywhere in the module, with the names: `sessions.models.User`."""
    package = module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield from (f"{source}.{alias.name}" for alias in node.names)


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{module_name(path)} imports {imported}"
        for path in SOURCES
        if is_in(module_name(path), package)
        for imported in imports(path)
        if any(is_in(imported, forbidden) for forbidden in FORBIDDEN[package])
    ]
    assert wrong == []


def test_the_reader_of_imports_sees_every_kind() -> None:
    """Were it blind to one, the tests above would pass for nothing."""
    found = set(imports(ROOT / "sessions" / "query" / "find.py"))
    assert {"uuid", "msgspec", "sessions.schema", "sessions.models.User"} <= found


def test_the_query_knows_nothing_of_http_but_its_parameters() -> None:
    known = {
        imported
        for path in SOURCES
        if is_in(module_name(path), "sessions.query")
        for imported in imports(path)
        if is_in(imported, "django.http") or is_in(imported, "django.shortcuts")
    }
    assert known <= {"django.http.QueryDict"}


def test_nobody_else_asks_the_session_table() -> None:
    pattern = re.compile(r"\bSession\.objects\b|\bhistory_session\b")
    wrong = [
        f"{module_name(path)}:{number}: {line.strip()}"
        for path in SOURCES
        if not any(is_in(module_name(path), package) for package in KNOWS_THE_TABLE)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert wrong == []


def test_who_may_see_what_is_decided_in_one_place() -> None:
    """Only `visible_to` says whose sessions; only what starts from it builds criteria."""
    wrong = [
        module_name(path)
        for path in SOURCES
        if re.search(r"\bCriteria(\.of)?\(", path.read_text())
        and module_name(path) not in ("sessions.query.visibility", "sessions.query.criteria")
    ]
    assert wrong == []


def test_rooms_have_names() -> None:
    assert [path.name for path in SOURCES if path.stem in ("utils", "helpers", "misc", "common", "core")] == []


def test_every_template_that_is_named_exists() -> None:
    named = re.compile(r'"((?:[\w-]+/)+[\w-]+\.(?:html|txt))"')
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (*SOURCES, *TEMPLATES.rglob("*.html"))
        for name in named.findall(path.read_text())
        if not (TEMPLATES / name).exists()
    ]
    assert missing == []


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    settings = (ROOT / "sessionhistory" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    table = (ROOT / "README.md").read_text().split("## Settings")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == read
