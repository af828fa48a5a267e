"""Endless music as a response that never ends: little-endian int16, mono, made ahead of what is heard.

The page reads no faster than it plays, so that the network's buffers, and then this generator, wait.
"""

import time

from chaconne.editing import endless
from chaconne.editing.playing import decoder_of

AHEAD_S = 30.0      # of music sent before it is due


def stream(store, trained, conditions, seed, clock=time.monotonic, sleep=time.sleep):
    """Yield bytes of an endless piece; at most AHEAD_S seconds more than have passed since the beginning."""
    parts, decoder = endless.parts(trained, seed, conditions), decoder_of(trained.codec)
    began, sent, rate = clock(), 0.0, trained.codec.sample_rate_hz
    while True:
        with store.busy:
            audio = decoder.push(next(parts))
        if len(audio):
            yield (audio.clamp(-1, 1).numpy() * 32767).round().astype("<i2").tobytes()
            sent += len(audio) / rate
        ahead = sent - (clock() - began)
        if ahead > AHEAD_S:
            sleep(min(ahead - AHEAD_S, 5.0))
