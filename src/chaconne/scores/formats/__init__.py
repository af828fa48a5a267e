"""MIDI, MusicXML, ABC and pictures of scores: reading and writing."""
