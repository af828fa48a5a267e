"""What a page may do: show itself. Its own style and script are named by their hashes, so nothing else runs."""

import base64
import hashlib

from markupsafe import Markup


def policy(style, script):
    """Return the Content-Security-Policy of a page with one style and one script element of these texts."""
    return Markup(f"default-src 'none'; img-src data:; media-src data:; style-src {source(style)}; "
                  f"script-src {source(script)}; base-uri 'none'; form-action 'none'")


def source(text):
    """Return the hash of an inline element as the policy names it (CSP level 3, section 6.7.3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def inline(folder, style, script, rules=()):
    """Return what a template needs: {style, script, policy}, from files of `folder` and CSS rules made for the page."""
    style = "\n".join([(folder / style).read_text(encoding="utf-8"), *rules])
    script = (folder / script).read_text(encoding="utf-8")
    return {"style": Markup(style), "script": Markup(script), "policy": policy(style, script)}
