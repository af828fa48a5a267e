#!/usr/bin/env bash
# TimGM6mb, the General MIDI soundfont that pretty_midi 0.2.11 brings along, rendered by midirenderer 0.1.3: of the 112
# pitched programs nine sound at another pitch than the MIDI note says, measured as the period of the sound: three organs,
# Timpani and Soundtrack an octave low, Guitar Harmonics two octaves high, Crystal 18.9 semitones low, the Whistle 8.7, which
# is in no key at all (Lead 7 plays fifths, whose common period is two octaves down). So notes taken from MIDI files are
# wrong labels for what these programs play: a transcriber taught on them learns octave errors, and one that is measured
# on them is blamed for being right.
#
# Good guess: pitched programs of a soundfont that a library ships sound as written, 16-foot organ stops perhaps aside.
# Output seen (semitones from the written note, for C4 and C5):
#   Drawbar Organ -12.0 -12.0
#   Percussive Organ -12.0 -12.0
#   Rock Organ -12.0 -12.0
#   Guitar Harmonics +23.9 +23.9
#   Timpani -12.1 -12.1
#   Whistle -8.7 -8.7
#   Lead 7 (fifths) -24.0 -24.0
#   FX 2 (soundtrack) -12.1 -12.1
#   FX 3 (crystal) -18.9 -18.9
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
    midirenderer==0.1.3 pretty_midi==0.2.11 mido==1.3.3 numpy==1.26.4 'setuptools<80'
cat > "$folder/show.py" <<'PY'
import io
import wave
from pathlib import Path

import mido
import numpy as np
import pretty_midi
from midirenderer import render_wave_from

FONT = Path(pretty_midi.__file__).with_name("TimGM6mb.sf2").read_bytes()
LOWEST_HZ, HIGHEST_HZ = 40, 4200


def played(program, note):
    midi = mido.MidiFile(ticks_per_beat=960)
    track = midi.add_track()
    track.append(mido.Message("program_change", program=program))
    track.append(mido.Message("control_change", control=91, value=0))
    track.append(mido.Message("note_on", note=note, velocity=90))
    track.append(mido.Message("note_off", note=note, time=1920))
    track.append(mido.Message("control_change", control=7, value=100, time=200))
    file = io.BytesIO()
    midi.save(file=file)
    with wave.open(io.BytesIO(bytes(render_wave_from(FONT, file.getvalue())))) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        return samples.reshape(-1, sound.getnchannels()).mean(1), sound.getframerate()


def off(program, note):
    """Return (semitones from the written note, how periodic the sound is), None where nothing repeats."""
    samples, rate = played(program, note)
    samples = samples[int(0.1 * rate) : int(0.8 * rate)]
    samples = (samples - samples.mean()) * np.hanning(len(samples))
    alike = np.fft.irfft(np.abs(np.fft.rfft(samples, 1 << 17)) ** 2)
    if not alike[0] > 0:
        return None
    first = rate // HIGHEST_HZ
    alike = alike[first : rate // LOWEST_HZ] / alike[0]
    peaks = np.flatnonzero((alike[1:-1] > alike[:-2]) & (alike[1:-1] >= alike[2:])) + 1
    if not len(peaks):
        return None
    period = next(i for i in peaks if alike[i] > 0.9 * alike[peaks].max())  # the shortest that repeats about as well
    return 69 + 12 * np.log2(rate / (first + period) / 440) - note, alike[period]


for program in range(112):
    found = [off(program, note) for note in (60, 72)]
    if all(one and abs(one[0]) > 3 and one[1] > 0.9 for one in found) and abs(found[0][0] - found[1][0]) < 0.5:
        print(pretty_midi.program_to_instrument_name(program), *(f"{one[0]:+.1f}" for one in found))
PY
expected='Drawbar Organ -12.0 -12.0
Percussive Organ -12.0 -12.0
Rock Organ -12.0 -12.0
Guitar Harmonics +23.9 +23.9
Timpani -12.1 -12.1
Whistle -8.7 -8.7
Lead 7 (fifths) -24.0 -24.0
FX 2 (soundtrack) -12.1 -12.1
FX 3 (crystal) -18.9 -18.9'
seen=$("$folder/env/bin/python" "$folder/show.py" 2> /dev/null)
echo "$seen"
[ "$seen" = "$expected" ]
