"""What may know about what: read from the source, so that a wrong turn fails here and not in review."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise, permutations, product
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from grimp import Layer, PackageDependency, build_graph

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "sessions").rglob("*.py"))
TEMPLATES = ROOT / "templates"


def layers() -> list[Layer]:
    """The layers of `sessions` as pyproject.toml has them, the topmost first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    lines = next(contract["layers"] for contract in contracts if contract.get("containers") == ["sessions"])
    return [Layer(*re.split(r" [|:] ", line), independent=":" not in line) for line in lines]


LAYERS = layers()

# Who may ask or change the sessions themselves.
KNOWS_THE_TABLE = (
    "sessions.query", "sessions.ingest", "sessions.files", "sessions.retention", "sessions.usage", "sessions.models",
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


def test_imports_point_down_and_not_in_circles() -> None:
    """By the contracts in pyproject.toml, which `make lint` holds as well."""
    ran = lint_imports(ROOT)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(("below", "above"), [*pairwise(reversed(LAYERS))])
def test_an_import_that_points_up_is_refused(below: Layer, above: Layer) -> None:
    """Between each two layers that touch, from every package of the lower one to every package of the upper one."""
    for importer, imported in product(below.module_tails, above.module_tails):
        assert illegal_imports(importer, imported), f"{importer} may import {imported}"


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.independent and len(layer.module_tails) > 1])
def test_an_import_between_neighbours_is_refused(layer: Layer) -> None:
    for importer, imported in permutations(layer.module_tails, 2):
        assert illegal_imports(importer, imported), f"{importer} may import {imported}"


def test_a_circle_inside_a_package_is_refused(tmp_path: Path) -> None:
    for name in ("sessions", "sessionhistory", "benchmarks", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "benchmarks").unlink()
    shutil.copytree(ROOT / "benchmarks", tmp_path / "benchmarks", ignore=shutil.ignore_patterns("results"))
    with (tmp_path / "benchmarks" / "measured.py").open("a") as module:
        module.write("import benchmarks.run\n")
    ran = lint_imports(tmp_path)
    assert ran.returncode == 1
    assert "No cycles are allowed in benchmarks" in ran.stdout


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def illegal_imports(importer: str, imported: str) -> set[PackageDependency]:
    """What the layers refuse once a module of the first package imports the second one."""
    graph = build_graph("sessions", cache_dir=None)
    graph.add_import(importer=f"sessions.{importer}.wrong", imported=f"sessions.{imported}")
    return graph.find_illegal_dependencies_for_layers(layers=LAYERS, containers={"sessions"})


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
        and module_name(path) not in ("sessions.query.criteria.visibility", "sessions.query.criteria.clauses")
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


def test_every_static_file_that_is_named_exists() -> None:
    # The manifest that production serves by raises an error for a name that is missing; tests serve without one.
    named = re.compile(r"""\{% static ['"]([^'"]+)['"] %\}""")
    files = {name for path in TEMPLATES.rglob("*.html") for name in named.findall(path.read_text())}
    assert len(files) > 20
    assert [name for name in sorted(files) if not finders.find(name)] == []


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    settings = (ROOT / "sessionhistory" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    table = (ROOT / "README.md").read_text().split("## Settings")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == read
