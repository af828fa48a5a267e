"""Where trained models lie: in a project's folder, at one of its revisions, or in a pack.

A Place knows its models by name; chaconne.trained.finding turns what people type into a Found, and `Found.load` gives
a Trained: the codec and the generator, ready to make music.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from chaconne.running.files import read_json
from chaconne.running.params.reading import codec_folder, read_corpus_settings, read_params
from chaconne.running.pipeline import FILES, maker_of

LOUDNESS_DB = -20       # root mean square of every corpus here (conf/data), where a place does not say another
STEERED = "steered_"    # begins the kind of a model of chaconne.controls
SINCE = {"diffusion": {"temperature": 1.0}}     # knobs that models from before do not name, and what held for them
PACK = "pack.json"      # names a folder as a pack; see chaconne.trained.packs.opening


@dataclass(frozen=True)
class Found:
    """Folders of one model and what belongs to it.

    knobs: of sampling, the section `sample` of params.yaml; loudness_db: of the music it learned, root mean square
    in decibels of full scale; origin: where it was found, for people.
    """

    name: str
    model: Path
    codec: Path
    knobs: dict
    loudness_db: float
    origin: str

    def load(self):
        """Return the Trained; ValueError or FileNotFoundError in one line where files are missing or damaged."""
        from chaconne.running.models import load_codec

        codec, generator = load_codec(self.codec), load_model(self.model)
        if codec.channels != generator.channels:
            raise ValueError(f"{self.model}: expected latents of {codec.channels} channels as {self.codec} makes them, "
                             f"got {generator.channels}; the two were not trained together")
        return Trained(self, codec, generator, dict(self.knobs))


@dataclass
class Trained:
    """A generator with its codec. knobs: of sampling, to be changed by `with_knobs`."""

    found: Found
    codec: object
    generator: object
    knobs: dict = field(default_factory=dict)

    @property
    def name(self):
        """What people call it: gan, diffusion, finetuned, the name of a pack."""
        return self.found.name

    @property
    def rate_hz(self):
        """Latent frames a second."""
        return self.codec.sample_rate_hz / self.codec.hop_samples

    @property
    def flows(self):
        """Whether it makes music step by step out of noise, so that a part can be given and the rest made."""
        return hasattr(self.generator, "velocity") and not self.steered

    @property
    def steered(self):
        """Whether it can be asked for numbers and curves (chaconne.controls): then it makes whole pieces alone."""
        return hasattr(self.generator, "limits")

    def with_knobs(self, **asked):
        """Return the same with other knobs of sampling, those that are None left as they are.

        ValueError for a knob that this kind of generator does not have, or a value out of its range.
        """
        asked = {name: value for name, value in asked.items() if value is not None}
        for name in asked:
            if name not in self.knobs:
                raise ValueError(f"--{name}: the model {self.name} ({self.generator.name}) has "
                                 f"{', '.join(f'--{knob}' for knob in self.knobs) or 'no knobs'}")
        check_knobs(self.generator.name, knobs := self.knobs | asked)
        return Trained(self.found, self.codec, self.generator, knobs)


def load_model(folder):
    """Read the generator in `folder`: a module of chaconne.generators or, steered, of chaconne.controls."""
    from chaconne.running.models import load_generator, load_steered

    kind = read_json(folder / "model.json").get("name") if (folder / "model.json").exists() else None
    return load_steered(folder) if str(kind).startswith(STEERED) else load_generator(folder)


def knobs_of(kind, params):
    """Return the knobs of sampling that params has for a kind of generator."""
    if kind.startswith(STEERED):
        return completed(kind, params.get("controls", {}).get("sample", {}).get(kind.removeprefix(STEERED), {}))
    return completed(kind, params.get(kind, {}).get("sample", {}))


def completed(kind, knobs):
    """Return the knobs with what held where a model or params from before do not name one."""
    return SINCE.get(kind.removeprefix(STEERED), {}) | knobs if knobs else {}


def check_knobs(kind, knobs):
    """Raise ValueError in one line for a knob of sampling that chaconne.running.params.schema does not allow."""
    from pydantic import ValidationError

    from chaconne.running.params.schema import CONTROLS, PARAMS, expected

    steered = kind.startswith(STEERED)
    sections = CONTROLS.model_fields["sample"].annotation if steered else PARAMS
    section = sections.model_fields.get(kind.removeprefix(STEERED))
    if section is None:
        return
    section = section.annotation if steered else section.annotation.model_fields["sample"].annotation
    try:
        section.model_validate(knobs)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        keys, described = expected(section, [name])
        got = repr(knobs.get(name, "nothing"))[:40]
        wanted = described or first["msg"].removeprefix("Input should be ") if name in keys else ", ".join(keys)
        raise ValueError(f"--{name}: expected {wanted}; got {got}") from None


class Workspace:
    """The models of a project's folder, as they lie in data/."""

    def __init__(self, root):
        self.root = Path(os.path.relpath(root))     # as dvc.yaml spells paths: messages then know what makes them

    def __str__(self):
        return f"the workspace {self.root.resolve()}"

    def names(self):
        """Return the names of all trained models, runs of several seeds as gan/run_1."""
        models = self.root / "data/models"
        return sorted(p.parent.relative_to(models).as_posix() for pattern in ("*", "*/run_*")
                      for p in models.glob(f"{pattern}/model.json"))

    def found(self, name):
        """Return the Found of a model that `names` has."""
        params, kind = read_params(self.root), read_json(self.root / f"data/models/{name}/model.json")["name"]
        return Found(name, self.root / f"data/models/{name}", self.root / codec_folder(params), knobs_of(kind, params),
                     loudness_of(params, self.root), str(self.root.resolve()))

    def lacking(self, name):
        """Return what to do for a model that could be here but is not, None for one that nothing makes."""
        stage = maker_of(f"data/models/{name}", self.root)
        if not stage or (stage == "train_musika" and name != "musika"):
            return None
        return f"`dvc repro {stage}` trains it (`dvc pull {stage}` fetches it where a remote has it)"


def loudness_of(params, root):
    """Return the loudness of the corpus that `params` names."""
    try:
        return float(read_corpus_settings(params["data"], root).get("loudness_db", LOUDNESS_DB))
    except (OSError, KeyError, yaml.YAMLError):
        return LOUDNESS_DB


def project_root(start="."):
    """Return the folder of the project, `start` or the nearest above it with params.yaml and dvc.yaml; or None."""
    above = (Path(start).resolve(), *Path(start).resolve().parents)
    return next((p for p in above if (p / "params.yaml").exists() and (p / "dvc.yaml").exists()), None)


def lock_files(root):
    """Return the paths of the dvc.lock files of a project, one beside each dvc.yaml whose stages ran."""
    beside = (file.with_name("dvc.lock") for pattern in FILES for file in sorted(Path(root).glob(pattern)))
    return [path for path in beside if path.exists()]


def outs_in(texts):
    """Return {path: md5} of the outs that the texts of dvc.lock files record; '' for what DVC does not cache."""
    trees = [yaml.safe_load(text) or {} for text in texts]
    return {out["path"]: out.get("md5", "") for tree in trees for stage in tree.get("stages", {}).values()
            for out in stage.get("outs", [])}


def cache_folder():
    """Return where unpacked packs and models of revisions are kept: by the system's convention, below home."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "chaconne")
