"""Players: a few clips of every row and the long pieces, each with the picture of its sound."""

from dataclasses import dataclass, field

from chaconne.pages.shared import sound

CLIPS = 4  # the first ones of every row: nobody picked them
CLIP_COLUMNS = 440  # pixels of a spectrogram
PIECE_COLUMNS = 1400


@dataclass(frozen=True)
class Label:
    """name: heading. text: what one hears. css: colour class of page.css."""

    name: str
    text: str
    css: str


@dataclass
class Player:
    """One sound: data: URIs of MP3 and PNG, its length, and what a screen reader says."""

    title: str
    audio: str
    picture: str
    seconds: float


@dataclass
class Row:
    """One row of the section `Listen`."""

    label: object
    players: list = field(default_factory=list)
    piece: Player | None = None
    count: int = 0


def clips_of(one, label, loudest):
    """Return the Row of a Sound; loudest: decibels shown brightest, common to pictures that are compared."""
    players = [
        player(f"{label.name}, clip {i + 1}", clip, one.sample_rate_hz, CLIP_COLUMNS, loudest)
        for i, clip in enumerate(one.clips[:CLIPS])
    ]
    return Row(label, players, count=len(one.clips))


def with_piece(one, label, loudest):
    """Return the Row of a generator: clips, and the long piece where there is one."""
    row = clips_of(one, label, loudest)
    if one.piece is not None:
        row.piece = player(f"{label.name}, long piece", one.piece, one.sample_rate_hz, PIECE_COLUMNS, loudest)
    return row


def player(title, samples, sample_rate_hz, columns, loudest):
    """Return the Player of int16 [samples]."""
    image = sound.picture(sound.spectrogram(samples, sample_rate_hz, columns), loudest)
    return Player(
        title,
        sound.data_uri("audio/mpeg", sound.mp3(samples, sample_rate_hz)),
        sound.data_uri("image/png", sound.png(image)),
        len(samples) / sample_rate_hz,
    )


def loudest_of(one):
    """Return the highest decibels in the clips that are shown of a Sound."""
    return max(float(sound.spectrogram(c, one.sample_rate_hz, CLIP_COLUMNS).max()) for c in one.clips[:CLIPS])


def ruler():
    """Return [(share of the height from below, text)] of the frequencies written beside a spectrogram."""
    return [(k / sound.OCTAVES, f"{sound.LOWEST_HZ * 2**k:g}") for k in (1, 3, 5)]
