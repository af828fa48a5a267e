"""What a script of this checkout imports from it, read from the source without running anything."""

import ast
from functools import cache
from pathlib import Path

LOADERS = Path("src/chaconne/running/models.py")
PACKAGE_OF = {"load_codec": "codec", "load_generator": "generators", "load_steered": "controls"}
ENTRANCE = Path("src/chaconne/__init__.py")
PACKAGES = {"chaconne": Path("src/chaconne"), "stages": Path("stages")}


def module_file(root, name):
    """Return the file of the dotted module `name` relative to `root`, or None when it is not ours."""
    first, *rest = name.split(".")
    if first not in PACKAGES:
        return None
    base = PACKAGES[first].joinpath(*rest)
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if Path(root, path).is_file()), None)


def module_name(path):
    """Return the dotted name of a file relative to the checkout."""
    parts = Path(path).with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(root, path):
    """Yield every dotted name that the file imports, wherever in it; relative ones made absolute."""
    package = module_name(path).split(".")
    package = package if Path(path).name == "__init__.py" else package[:-1]
    for node in ast.walk(ast.parse(Path(root, path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[:len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def direct(root, path):
    """Return the files of this checkout that the file imports, with the `__init__.py` above them."""
    return read_once(Path(root), Path(path), Path(root, path).stat().st_mtime_ns)


@cache
def read_once(root, path, mtime_ns):
    """Return what `direct` does; many tests follow the same imports."""
    found = set()
    for name in imported_names(root, path):
        parts = name.split(".")
        found |= {module_file(root, ".".join(parts[:n])) for n in range(1, len(parts) + 1)}
    return {p for p in found if p is not None} - {Path(path)}


def closure(root, paths):
    """Return the files in `paths` and all that they import, directly or not."""
    seen, todo = set(), {Path(p) for p in paths}
    while todo:
        path = todo.pop()
        seen.add(path)
        todo |= direct(root, path) - seen
    return seen


def variations(root, paths):
    """Return the packages whose modules the files load by name, as in load_variation("codec", name)."""
    found = set()
    for path in set(map(Path, paths)) - {LOADERS}:
        for node in ast.walk(ast.parse(Path(root, path).read_text())):
            called = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if called == "load_variation" and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
            elif called in PACKAGE_OF:
                found.add(PACKAGE_OF[called])
    return found


def only_words(root, path):
    """Tell whether no result depends on the file: it holds nothing but a docstring, or only how threads wait."""
    body = ast.parse(Path(root, path).read_text()).body
    return Path(path) == ENTRANCE or all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)
