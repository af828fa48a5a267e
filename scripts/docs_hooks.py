"""Pages of the reference that are made, not written: the commands from the code, the knobs from params.yaml."""

import re
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from chaconne.evaluation.verdict.nested import leaves
from chaconne.running.pipeline import look_up

ROOT = Path(__file__).resolve().parents[1]
# The module that a reader starts from; mkdocs calls functions of this name.
MADE = {"reference/commands.md": "commands", "reference/params.md": "params"}


def on_files(files, config):
    """Add the made pages to those that lie in docs/."""
    from mkdocs.structure.files import File

    for path, name in MADE.items():
        files.append(File.generated(config, path, content=globals()[name]()))
    return files


def commands():
    """Return the page of all commands (Markdown)."""
    import typer.main

    from chaconne.cli import app

    root = typer.main.get_command(app)
    lines = ["# Commands", "", text_of(root.help), ""]
    for name, command in sorted(walk(root, "chaconne")):
        lines += [f"## `{name}`", "", text_of(command.help), "", *table(command), ""]
    return "\n".join(lines)


def walk(group, name):
    """Yield (full name, command) of everything that can be typed."""
    for key, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from walk(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def text_of(help_text):
    """Return the help of a command as Markdown: examples become code."""
    lines = []
    for line in (help_text or "").replace("\b", "").splitlines():
        plain = re.sub(r"\[/?bold\]", "**", line.strip())
        code = plain.startswith("chaconne ")
        lines.append(f"    {plain}" if code else plain)
    return "\n".join(lines)


def table(command):
    """Return the lines of a table of arguments and options."""
    lines = ["| | | default |", "|---|---|---|"]
    for param in command.params:
        if param.name in ("help", "install_completion", "show_completion"):
            continue
        own = param.opts if param.param_type_name == "option" else [(param.metavar or param.name).upper()]
        names = ", ".join(f"`{name}`" for name in own)
        default = " ".join(map(str, param.default)) if isinstance(param.default, (list, tuple)) else param.default
        shown = "" if default is None or default is ... or callable(default) else str(default)
        lines.append(f"| {names} | {escaped(getattr(param, 'help', '') or '')} | {escaped(shown)} |")
    return lines if len(lines) > 2 else []


def escaped(text):
    """Return text for a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def params():
    """Return the page of all knobs (Markdown): name, default, meaning, range."""
    lines = ["# Params", "", "Every knob of `params.yaml`, and those of `conf/scale/laptop.yaml` that depend on the "
             "machine. Set one with `dvc exp run -S NAME=VALUE`.", "", "| knob | default | meaning | range |",
             "|---|---|---|---|"]
    for name, value, meaning in knobs((ROOT / "params.yaml").read_text()):
        lines.append(f"| `{name}` | {escaped(value)} | {escaped(meaning)} | {escaped(allowed(name))} |")
    lines += ["", "## Scale", "", "In `conf/scale/*.yaml`; here those of `laptop`.", "", "| knob | laptop | range |",
              "|---|---|---|"]
    preset = yaml.safe_load((ROOT / "conf/scale/laptop.yaml").read_text())
    lines += [f"| `{name}` | {value} | {escaped(allowed(name))} |" for name, value in leaves(preset)]
    return "\n".join(lines) + "\n"


def knobs(text):
    """Yield (dotted name, value, comment) of every line of params.yaml that holds a value."""
    above, listed = [], None
    for line in text.splitlines():
        found = re.match(r"( *)([\w]+):\s*([^#]*?)\s*(?:#\s*(.*))?$", line)
        if not found:
            continue
        indent, key, value, comment = len(found[1]) // 2, found[2], found[3], found[4] or ""
        above = [*above[:indent], key]
        if value:
            yield ".".join(above), value, comment
        elif (listed := look_up(yaml.safe_load(text), ".".join(above))) is not None and isinstance(listed, list):
            yield ".".join(above), ", ".join(map(str, listed)), comment


def allowed(name):
    """Return the range of a knob in words, from chaconne.running.params.schema."""
    from chaconne.running.params.schema import PARAMS, expected

    _, described = expected(PARAMS, name.split("."))
    return described
