"""One thing that was looked at."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """area: environment, machine, caches, project or models; name: of the thing; text: what was found.

    level: fine; note (works without, or slower); missing (something will not work). mend: the command, '' for none.
    """

    area: str
    name: str
    level: str
    text: str
    mend: str = ""

    def as_dict(self):
        """Return what --json prints."""
        return asdict(self)
