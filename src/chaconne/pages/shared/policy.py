"""How every page is made: one head, one style, and a policy by which nothing runs but what is named by its hash."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
# Of all pages but the listening test, which must not show much.
LOOK = (HERE / "page.css", HERE / "score.css"), (HERE / "score.js", HERE / "page.js")


def render(template, context, look=LOOK, rules=(), beside=()):
    """Return the page (HTML text) of the file `template`, which includes head.html and takes title, style and script.

    look: (style files, script files); rules: CSS made for this page; beside: scripts in the folder of the page that it
    may load, by their names.
    """
    style, script = ("\n".join(path.read_text(encoding="utf-8") for path in files) for files in look)
    style = "\n".join([style, *rules])
    environment = Environment(loader=FileSystemLoader([template.parent, HERE]), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(template.name).render(
        context | {"style": Markup(style), "script": Markup(script), "policy": policy(style, script, beside)})


def policy(style, script, beside=()):
    """Return the Content-Security-Policy of a page with one style and one script element of these texts.

    A page on a disk has no origin that 'self' could mean: `file:` names what lies there (CSP level 3, section 6.7.2).
    """
    more = " 'self' file:" if beside else ""
    return Markup(f"default-src 'none'; img-src data:; media-src data:; style-src {source(style)}; "
                  f"script-src {source(script)}{more}; base-uri 'none'; form-action 'none'")


def source(text):
    """Return the hash of an inline element as the policy names it (CSP level 3, section 6.7.3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
