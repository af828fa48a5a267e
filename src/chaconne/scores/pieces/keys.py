"""Which key music is in."""

from chaconne.scores.pieces.score import TONICS

# Krumhansl & Kessler 1982: how well each pitch class fits a major and a minor key on C.
PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


def find_key(notes, sharps):
    """Return (tonic, mode): the key profile that fits best, drawn to the last bass note and the signature.

    The signature alone cannot tell: many minor chorales are written in Dorian, one flat short.
    """
    weight = [0.0] * 12
    for _, duration, pitch, _, _ in notes:
        weight[pitch % 12] += duration
    final = max((n for n in notes if n[3] == 3), key=lambda n: n[0])[2] % 12

    def fit(tonic, mode):
        turned = [PROFILES[mode][(pc - tonic) % 12] for pc in range(12)]
        written = (7 * sharps + (9 if mode == "minor" else 0)) % 12
        return _correlation(weight, turned) + 0.2 * (tonic == final) + 0.1 * (tonic == written)

    tonic, mode = max(((t, m) for t in range(12) for m in PROFILES), key=lambda key: fit(*key))
    return TONICS[tonic], mode


def _correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    a, b = [x - mean_a for x in a], [y - mean_b for y in b]
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
