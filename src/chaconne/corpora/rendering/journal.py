"""Which jobs of a long list are done: noted on the disk, so that a killed run goes on after the last one noted."""

import json
import os
import time
from pathlib import Path

from chaconne.running.files import to_disk
from chaconne.running.resume import seconds_between

CHECKPOINT_SECONDS = 10  # between notes; decides nothing about the result


class Journal:
    """Results (JSON-ready) of jobs by their number, a line for each in the file NOTES of `folder`.

    A line is written after the files of its job, `folder`/NUMBER.*, are on the disk.
    """

    NOTES = "done.jsonl"

    def __init__(self, folder):
        self.folder, self.path = Path(folder), Path(folder, self.NOTES)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.results = self.read()
        self.waiting = {}
        self.every = seconds_between(CHECKPOINT_SECONDS)
        self.noted = time.perf_counter()

    def read(self):
        """Return {number: result} of the lines that are whole; what follows them, cut off by a kill, is removed."""
        whole, kept = {}, 0
        for line in self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else ():
            try:
                number, result = json.loads(line)
            except ValueError:
                break
            if not line.endswith(b"\n"):
                break
            whole[number], kept = result, kept + len(line)
        if self.path.exists():
            os.truncate(self.path, kept)
        return whole

    def add(self, number, result):
        """Take a result; some seconds' worth of them are noted together."""
        self.results[number] = self.waiting[number] = result
        if time.perf_counter() - self.noted > self.every:
            self.note()

    def note(self):
        """Note all results that wait for it."""
        for file in self.folder.iterdir() if self.waiting else ():
            number = file.name.partition(".")[0]
            if number.isdigit() and int(number) in self.waiting:
                to_disk(file)
        to_disk(self.folder)
        with open(self.path, "a") as out:
            out.writelines(json.dumps([number, result]) + "\n" for number, result in self.waiting.items())
        to_disk(self.path)
        self.waiting, self.noted = {}, time.perf_counter()
