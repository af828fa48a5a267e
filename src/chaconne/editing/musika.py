"""Sound files to latents and back, block by block: an hour takes no more memory than a minute."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from tqdm import tqdm

from chaconne.musika.stream import Stream
from chaconne.running.files import new_file
from chaconne.storage.files import save_arrays

RATE = 44100            # of Musika's autoencoder
READ = 1 << 17          # samples at once (3 s)


def open_sound(path):
    """Open a sound file to be read; what is none is a ValueError."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing; expected a sound file (WAV, FLAC, MP3, OGG)")
    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path}: expected a sound file (WAV, FLAC, MP3, OGG), got something that cannot be "
                         f"read ({error})") from error


def blocks_of(file):
    """Yield audio [N, any] at 44.1 kHz of an opened file of any rate, length and number of channels."""
    change = soxr.ResampleStream(file.samplerate, RATE, file.channels) if file.samplerate != RATE else None
    while len(block := file.read(READ, dtype="float32", always_2d=True)):
        if change:
            block = change.resample_chunk(block)
        yield torch.from_numpy(np.ascontiguousarray(block.T))
    if change:
        rest = change.resample_chunk(np.zeros((0, file.channels), np.float32), last=True)
        yield torch.from_numpy(np.ascontiguousarray(rest.T))


def encode_file(model, path, out):
    """Write the latents of a sound file: `latents` float32 [T, N C] (left, right), `channels`, `samples`; an .npz.

    Rows are Musika's: 10.77 a second, the channels of one side after those of the other. Returns the samples.
    """
    samples, rows = 0, bytearray()      # one buffer that grows: many small arrays would tear memory to pieces
    with open_sound(path) as file:
        channels, bar = file.channels, tqdm(total=-(-file.frames * RATE // file.samplerate), desc="encode",
                                            unit="sample", unit_scale=True, mininterval=2, delay=2)

        def counted():
            nonlocal samples
            for block in blocks_of(file):
                samples += block.shape[1]
                bar.update(block.shape[1])
                yield block

        for latents in Stream(model).encode(counted()):
            rows += latents.flatten(0, 1).T.contiguous().numpy().tobytes()
        bar.close()
    with new_file(out) as temporary:
        latents = np.frombuffer(rows, np.float32).reshape(-1, channels * model.sizes.latents)
        save_arrays(temporary, latents=latents, channels=channels, samples=samples)
    return samples


def read_latents(path, width):
    """Return (latents [T, N width], N, samples or None) of an .npz of ours or an .npy of Musika's."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing; `chaconne musika encode` writes one")
    try:
        held = np.load(path, allow_pickle=False, mmap_mode="r")
        rows, samples = (held["latents"], int(held["samples"])) if str(path).endswith(".npz") else (held, None)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{path}: expected latents (.npz of `chaconne musika encode`, .npy of Musika), got "
                         f"something else ({error})") from error
    if rows.ndim != 2 or rows.shape[1] % width:
        raise ValueError(f"{path}: expected rows of a multiple of {width} values, got shape {rows.shape}; "
                         "they belong to another autoencoder")
    return rows, rows.shape[1] // width, samples


def decode_file(model, path, out, seed=0):
    """Write the sound (24-bit WAV, 44.1 kHz) of a file of latents."""
    rows, channels, samples = read_latents(path, model.sizes.latents)
    write_stream(Stream(model), cut(rows, channels), channels, out, samples, seed, len(rows))


def cut(rows, channels, size=256):
    """Yield latents [N, C, at most `size`] out of rows [T, N C]."""
    for first in range(0, len(rows), size):
        part = torch.from_numpy(np.array(rows[first:first + size], np.float32))
        yield part.T.reshape(channels, -1, len(part))


def write_stream(stream, blocks, channels, out, samples, seed, total):
    """Decode `blocks` of latents and write them to the file `out` as they come."""
    with new_file(out) as temporary, soundfile.SoundFile(temporary, "w", RATE, channels, "PCM_24",
                                                         format="WAV") as file:
        for audio in tqdm(stream.decode(blocks, samples, seed), desc="decode", unit="block", mininterval=2, delay=2,
                          total=-(-total // stream.block) + 1):
            file.write(audio.T.numpy())
