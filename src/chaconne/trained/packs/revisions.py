"""Models of a Git revision or a DVC experiment, read through DVC; the workspace is not touched.

What is read lies afterwards in the user's cache, by commit, so that DVC (two seconds of imports) is needed once.
"""

import subprocess
from pathlib import Path

from chaconne.running.files import new_folder, one_line, read_json
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.pipeline import maker_of
from chaconne.trained.packs.places import Found, cache_folder, knobs_of, loudness_of, outs_in

SETTINGS = ("params.yaml", "conf")      # what is read of a revision beside the models
ONCE = "data/codec"     # where the codec was before there were several


class Revision:
    """The models of one commit of the project at `root`. rev: whatever Git or `dvc exp` knows it by.

    Raises ValueError when there is no such revision.
    """

    def __init__(self, root, rev):
        self.root, self.rev, self.commit = Path(root), rev, commit_of(root, rev)
        self.kept = cache_folder() / "revisions" / self.commit

    def __str__(self):
        return f"the revision {self.rev}"

    def names(self):
        """Return the names of the models that the commit has, trained here or elsewhere."""
        listed = [Path(out) for out in outs_of(self.root, self.commit)]
        return sorted(p.name for p in listed if p.parts[:2] == ("data", "models") and len(p.parts) == 3)

    def found(self, name):
        """Return the Found of a model; the first time its files are read out of DVC's cache or remote."""
        for path in SETTINGS:
            self.fetch(path)
        params, listed = read_params(self.kept), outs_of(self.root, self.commit)
        codec = codec_folder(params)
        folders = [self.fetch(path) for path in (f"data/models/{name}", codec if codec in listed else ONCE)]
        kind = read_json(folders[0] / "model.json")["name"]
        return Found(name, *folders, knobs_of(kind, params), loudness_of(params, self.kept),
                     f"{self.root} at {self.rev} ({self.commit[:7]})")

    def fetch(self, path):
        """Return the Path of a folder or file of the commit, in the user's cache."""
        kept = self.kept / path
        if kept.exists():
            return kept
        from dvc.api import DVCFileSystem

        try:
            files = DVCFileSystem(str(self.root), rev=self.commit)
            if files.isdir(path):
                with new_folder(kept) as temporary:
                    files.get(path, str(temporary / "files"), recursive=True)
                    for part in (temporary / "files").iterdir():
                        part.rename(temporary / part.name)
                    (temporary / "files").rmdir()
            else:
                kept.parent.mkdir(parents=True, exist_ok=True)
                files.get_file(path, str(kept))
        except Exception as error:      # whatever DVC makes of a cache without the data
            raise FileNotFoundError(f"{path} of {self.rev} is in no cache here ({one_line(error)}); "
                                    f"{self.lacking(Path(path).name)}") from error
        return kept

    def lacking(self, name):
        """Return how to get a model that the revision names and no cache here has."""
        stage = maker_of(f"data/models/{name}", self.root) or "STAGE"
        return (f"`dvc fetch --all-commits {stage}` gets it where a remote has it; else run the revision again: "
                f"`git worktree add ../{self.commit[:7]} {self.commit[:7]}`, and there `dvc repro {stage}`")


def commit_of(root, rev):
    """Return the commit (40 hex digits) that a revision or an experiment's name stands for."""
    if commit := git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}"):
        return commit.strip()
    from dvc.exceptions import DvcException
    from dvc.scm import SCM, SCMError, resolve_rev

    try:
        return resolve_rev(SCM(str(root)), rev)
    except (DvcException, SCMError, ValueError) as error:
        raise ValueError(f"--rev: expected a Git revision or a name that `dvc exp list` shows, got {rev!r} "
                         f"({one_line(error)})") from None


def outs_of(root, commit):
    """Return the paths that the dvc.lock files of the commit list as outs."""
    files = git(root, "ls-tree", "-r", "--name-only", commit, "--", "dvc.lock", "stages").splitlines()
    return list(outs_in(git(root, "show", f"{commit}:{file}") for file in files if Path(file).name == "dvc.lock"))


def git(root, *arguments):
    """Return what `git ARGUMENTS` prints in `root`, '' where it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""
