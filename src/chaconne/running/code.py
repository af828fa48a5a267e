"""What of a file decides results: Python without its words, settings without their layout.

DVC asks here (src/chaconne_dvc.py), and so do the guard and the fingerprints of unfinished work. Comments, formatting,
docstrings, annotations and messages cannot change a result: an edit of them makes nothing stale.

A message is what `raise` hands to its exception, and the texts in a call that only speaks. Where an exception's text is
kept (RECORDED: why a piece was left out stands in the corpus) it is a result and counts.
"""

import ast
import atexit
import hashlib
import json
import os
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

PARSED = (".py", ".yaml")
OWN_MUSIC = ("src", "chaconne", "corpora", "folder.py")     # the corpus that is the user's own folder
RECORDED = ("scores", "corpora", "evaluation/outside", "evaluation/reference", "musika")
SPEAKING = {"print", "warn"}        # calls that return nothing worth having
PROGRESS = {"desc", "unit", "mininterval", "leave", "bar_format"}   # of tqdm
KEPT_NOTES = ("ClassVar", "InitVar", "KW_ONLY")     # annotations that dataclasses obey
PURE = {"len", "str", "repr", "round", "sorted", "sum", "min", "max", "int", "float", "type", "list", "tuple", "set",
        "join", "strip", "split", "lower", "format", "items", "keys", "values", "abs", "is_absolute", "as_posix"}


def digest(path):
    """Return 32 hex digits that differ when what the file makes can differ; of its bytes where it is no code."""
    path = Path(path).absolute()
    about = path.stat()
    own = of_file(path, about.st_mtime_ns, about.st_size)
    if path.parts[-4:] == OWN_MUSIC:
        return md5(own.encode() + own_music(path.parents[3]).encode())
    return own


def own_music(root):
    """Return the path that `folder` in params.yaml of the checkout names, and a digest of each file below it.

    So the corpus that takes music from there changes with it, and no other does.
    """
    from chaconne.running.params.plain import read_yaml

    name = str(read_yaml(root / "params.yaml").get("folder"))
    known, lines = known_in(str(root / ".dvc/tmp")), [name]
    for path in sorted(path for path in Path(root, name).rglob("*") if path.is_file() and path.name != "README.md"):
        about = path.stat()
        key = f"{path} {about.st_size} {about.st_mtime_ns}"
        if key not in known:
            with open(path, "rb") as file:
                known[key] = hashlib.file_digest(file, "md5").hexdigest()
        lines.append(f"{path.relative_to(root / name)} {known[key]}")
    return "\n".join(lines)


@lru_cache(maxsize=4096)
def of_file(path, mtime_ns, size):
    """Return the digest of a file as it is now; what was parsed once is taken from .dvc/tmp of the checkout."""
    content = path.read_bytes()
    if path.suffix not in PARSED:
        return md5(content)
    known = known_in(next((str(above / ".dvc/tmp") for above in path.parents if (above / ".dvc").is_dir()), ""))
    key = md5(f"{recorded(str(path))} {path.suffix} ".encode() + content)
    if key not in known:
        known[key] = digest_of(content, str(path))
    return known[key]


def digest_of(content, name):
    """Return the digest of the bytes of a file called `name`; code that cannot be parsed counts as it stands."""
    with suppress(SyntaxError, ValueError, RecursionError):
        content = normal(content, name)
    return md5(content)


def md5(content):
    """Return the MD5 of bytes as DVC writes it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@cache
def known_in(folder):
    """Return {digest of a file as it stands: its digest} of earlier processes; it is kept when this one ends."""
    rules = md5(Path(__file__).read_bytes() + Path(__file__).with_name("params").joinpath("plain.py").read_bytes())
    path = Path(folder, f"code-{rules}.json")
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        known = {}
    before = len(known)

    def keep():
        if folder and len(known) > before and Path(folder).is_dir():
            with suppress(OSError):     # a convenience: the next process parses again
                temporary = path.with_suffix(f".{os.getpid()}")
                temporary.write_text(json.dumps(known))
                os.replace(temporary, path)

    atexit.register(keep)
    return known


def recorded(name):
    """Tell whether what exceptions of this file say may become part of a result."""
    return any(f"chaconne/{room}" in name for room in RECORDED)


def normal(content, name):
    """Return the bytes that the digest is taken of."""
    if name.endswith(".py"):
        return json.dumps(nested(Wordless(recorded(name)).visit(ast.parse(content)))).encode()
    if name.endswith(".yaml"):
        from chaconne.running.params.plain import parse

        return json.dumps(parse(content, name), default=str).encode()   # the order of lists and keys may matter
    return content


def nested(node):
    """Return a syntax tree as nested lists, the same from every version of Python that may run this."""
    if isinstance(node, ast.AST):
        fields = [(name, nested(value)) for name, value in ast.iter_fields(node)
                  if name not in ("ctx", "type_comment", "kind") and value not in (None, [])]
        return [type(node).__name__, *fields]
    if isinstance(node, list):
        return [nested(one) for one in node]
    return node if isinstance(node, (str, bool)) or node is None else repr(node)


class Wordless(ast.NodeTransformer):
    """Takes out of a syntax tree what only people read.

    keep: the texts of exceptions stay, for what is said of a piece that was left out is a result.
    """

    def __init__(self, keep=False):
        self.keep = keep

    def visit_Expr(self, node):
        """A text that stands alone is a docstring; a call that only speaks is what it computes on the way."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Constant):
            return None
        if speaks(node.value):
            return [ast.Expr(effect) for effect in effects(node.value)]
        return node

    def visit_Raise(self, node):
        """Keep which exception it is."""
        self.generic_visit(node)
        if not self.keep and isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node):
        """A progress bar is what it goes through; sys.exit(message) is an exit."""
        self.generic_visit(node)
        if name_of(node.func) in ("tqdm", "trange"):
            node.keywords = [one for one in node.keywords if one.arg not in PROGRESS]
        if name_of(node.func) == "exit" and node.args and (
                isinstance(node.args[0], ast.JoinedStr) or isinstance(getattr(node.args[0], "value", 0), str)):
            node.args = []
        return node

    def visit_arg(self, node):
        """An argument is its name."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        """A function is its arguments and what it does."""
        self.generic_visit(node)
        node.returns = None
        node.body = node.body or [ast.Pass()]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        """A class is what it has."""
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_AnnAssign(self, node):
        """A field is its name and its default."""
        self.generic_visit(node)
        if not any(word in ast.unparse(node.annotation) for word in KEPT_NOTES):
            node.annotation = ast.Constant("")
        return node


def name_of(function):
    """Return the last name of what is called: `warn` of `warnings.warn`."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def speaks(node):
    """Tell whether the expression is a call that only speaks: to the terminal, not into a file of its own."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in SPEAKING:
        return False
    return all(one.arg != "file" or name_of(one.value) in ("stderr", "stdout") for one in node.keywords)


def effects(call):
    """Return the calls within a speaking call that may do more than speak."""
    inside = [part for part in ast.walk(call) if part is not call and isinstance(part, (ast.Call, ast.NamedExpr))]
    return [part for part in inside if isinstance(part, ast.NamedExpr) or name_of(part.func) not in PURE]
