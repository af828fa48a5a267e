"""metrics/pictures: one spectrogram per row, small and stable, for `dvc plots diff`."""

from pathlib import Path

from chaconne.pages.shared import sound
from chaconne.pages.shared.listen import CLIPS


def write_pictures(inputs, folder):
    """Write <row>.png into `folder`: the first clips of real, codec and every generator."""
    for name in ("real", "codec", *inputs.generators):
        one = inputs.sounds[name]
        Path(folder, f"{name}.png").write_bytes(sound.png(sound.strip(one.clips[:CLIPS], one.sample_rate_hz)))
