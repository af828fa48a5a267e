"""ABC notation as its standard 2.1 has it (abcnotation.com/wiki/abc:standard:v2.1): reading and checking.

No reader that can be installed reads the headers, keys, voices and endings that people write (docs/reading.md).

fields.py   what stands behind a letter and a colon: keys, clefs, metres, tempi
tunes.py    a file in tunes, a tune in voices
music.py    the notes of one voice
checking.py are the bars full?
"""
