"""One score and one rule set: what `chaconne check` and everything that composes says about a piece."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from chaconne.counterpoint.composers import species
from chaconne.counterpoint.composers.exercise import Setting
from chaconne.counterpoint.composers.violations import violations
from chaconne.counterpoint.rules import rules
from chaconne.scores.grid.grid import QUARTER, Grid

DRAWN = 200  # bars: more make a score that no viewer opens


@dataclass
class Judgement:
    """violations: in time; rules: the names of all that were asked; title: of the rule set."""

    grid: Grid
    violations: list
    rules: list
    title: str

    @property
    def counts(self):
        """Violations of each rule, those without included."""
        found = Counter(v.rule for v in self.violations)
        return {name: found[name] for name in self.rules}

    @property
    def rates(self):
        """Violations of each rule in 100 quarter notes."""
        return {name: round(100 * QUARTER * count / self.grid.frames, 2) for name, count in self.counts.items()}

    def as_dict(self):
        """Return what --json says."""
        grid = self.grid
        return {"title": grid.title, "key": f"{grid.key} {grid.mode}", "metre": grid.metre, "voices": list(grid.names),
                "quarters": grid.frames / QUARTER, "pickup_quarters": grid.pickup / QUARTER, "rule_set": self.title,
                "counts": self.counts, "rates_per_100_beats": self.rates,
                "violations": [v.as_dict() for v in self.violations]}


def judge(grid, kind=None, cantus=None, select=None, ignore=()):
    """Return the Judgement of a grid.

    kind: None for four-part writing, or the species 1..5; cantus: the given voice of a species (0 above, 1 below),
    None where it can be told from its even notes; select, ignore: names of rules. ValueError in one line.
    """
    if kind is None:
        if grid.voices != 4:
            hint = "; for two voices name the species: --species 1" if grid.voices == 2 else ""
            raise ValueError(f"four-part writing: expected 4 voices, got {grid.voices} ({', '.join(grid.names)}){hint}")
        every, find, title = (*rules.FOUR_PART, *rules.FINAL), rules.find, "four-part writing"
    else:
        if grid.voices != 2:
            raise ValueError(f"species: expected 2 voices, got {grid.voices} ({', '.join(grid.names)})")
        setting = Setting(kind, even_voice(grid) if cantus is None else cantus)
        every, title = species.rules_for(setting), f"species {kind}, cantus firmus: {grid.names[setting.cantus]}"
        find = partial(_species, setting)
    names = [rule.name for rule in every]
    if unknown := [name for name in (*(select or ()), *ignore) if name not in names]:
        raise ValueError(f"rules: expected some of {', '.join(names)}; got {unknown[0]!r}")
    asked = tuple(rule for rule in every if (not select or rule.name in select) and rule.name not in ignore)
    return Judgement(grid, violations(grid, asked, find), [rule.name for rule in asked], title)


def _species(setting, pieces, asked):
    return species.find(pieces, setting, asked)


def even_voice(grid):
    """Return the voice of a two-part grid with the fewest notes, all of one length: the cantus firmus."""
    even = []
    for voice in range(2):
        lengths = np.diff(np.nonzero(grid.onset[voice])[0])
        if len(lengths) and (lengths == lengths[0]).all():
            even.append((len(lengths), -voice))
    if not even:
        raise ValueError("species: expected a voice with notes of equal length (the cantus firmus), found none")
    return -min(even)[1]


def annotate(judgement, path, bars=DRAWN):
    """Write PATH.musicxml and PATH.svg, broken rules in red; returns both paths. bars: engraved, at most."""
    from chaconne.scores.writing.engraving import write_svg
    from chaconne.scores.writing.musicxml import write_musicxml

    xml, engraved = (Path(f"{path}{ending}") for ending in (".musicxml", ".svg"))
    write_musicxml(judgement.grid, xml, judgement.violations)
    write_svg(judgement.grid, engraved, judgement.violations, bars)
    return xml, engraved
