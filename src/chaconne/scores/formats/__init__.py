"""MIDI, MusicXML, ABC, kern: what people have, read."""
