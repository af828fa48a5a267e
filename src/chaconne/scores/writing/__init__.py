"""MIDI, MusicXML, ABC, engraved SVG: what stages write of a Grid."""
