"""All mistakes in params at once, in one message, before anything else and quickly."""

import shutil
import subprocess
import sys

import pytest
import yaml

from chaconne.evaluation.reference.embedding import EMBEDDERS
from chaconne.generators.diffusion import METHODS
from chaconne.running.params import schema
from chaconne.running.params.plain import read_yaml
from chaconne.running.params.reading import merge
from chaconne.running.params.selectors import problems, read_selectors
from chaconne.training.finetuning.layers import LAYERS
from scripts.smoke import environment
from tests.conftest import ROOT

MISTAKES = (  # in params.yaml: text, what stands there instead, what is said
    ("model: gan", "model: gna", "model: expected one of diffusion, distilled, gan, musika; got gna; "
     "try `dvc exp run -S model=gan`"),
    ("gamma: 1.0", "gama: 1.0", "params.yaml: gan.train.gama is not a setting; there is gamma"),
    ("truncation: 1.0  ", "truncation: 7  ", "params.yaml: gan.sample.truncation: expected a number 0..1; got 7"),
    ("weight_decay: 0.01", "weight_decay: some", "params.yaml: diffusion.train.weight_decay: expected a number 0..10; "
     "got 'some'"),
    ("layers: auto", "layers: some", "params.yaml: finetune.layers: expected 'auto', 'all', 'io', 'norm' or 'lora'; "
     "got 'some'"),
    ("stop_every: auto", "stop_every: often", "params.yaml: finetune.stop_every: expected auto, or a whole number "
     "0..1000000000; got 'often'"),
    ("pretrained: ''", "pretrained: ../../etc", "params.yaml: finetune.pretrained: expected a folder of pretrained/, or"
     " ''; got '../../etc'"),
    ("base: data/models", "base: elsewhere", "params.yaml: finetune.base: expected 'data/models' or 'pretrained'; "
     "got 'elsewhere'"),
    ("corner_hz: 1000", "corner_hz: -1", "params.yaml: spectral.corner_hz: expected a number 0..96000; got -1"),
    ("on_beats: true", "on_beats: 3", "params.yaml: finetune.on_beats: expected a valid boolean; got 3"),
)


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of all that the stage `selectors` reads."""
    for name in ("conf", "src/chaconne", "stages"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "music").mkdir()
    return tmp_path


def change(path, *pairs):
    """Replace texts in a file; each must be there."""
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def test_all_mistakes_are_told_at_once_and_soon(checkout):
    change(checkout / "params.yaml", *((old, new) for old, new, _ in MISTAKES))
    change(checkout / "conf/scale/laptop.yaml", ("steps: 900", "steps: 0"), ("clips: 240, ", ""))
    change(checkout / "conf/data/folk.yaml", ("reverb: 40 ", "reverb: 400 "), ("held: 0.95", "hold: 0.95"))
    done = subprocess.run([sys.executable, "-m", "stages.selectors"], cwd=checkout, env=environment(),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    told = done.stderr.splitlines()
    assert {said for _, _, said in MISTAKES} <= set(told)
    assert set(told) - {said for _, _, said in MISTAKES} == {
        "params.yaml or conf/scale/laptop.yaml: gan.train.gamma is missing; expected a number 0..1000",
        "conf/scale/laptop.yaml: spectral.steps: expected a whole number 1..1000000000; got 0",
        "params.yaml or conf/scale/laptop.yaml: evaluate.clips is missing; expected a whole number 8..1000000",
        next(line for line in told if line.startswith("conf/data/folk.yaml: hold is not a setting; there are name")),
        "conf/data/folk.yaml: reverb: expected a whole number 0..127, got 400",
        "conf/data/folk.yaml: held is missing; expected a fraction 0.1..1",
    }
    assert not (checkout / "data").exists()


@pytest.mark.parametrize("scale", sorted(p.stem for p in (ROOT / "conf/scale").glob("*.yaml")))
def test_every_preset_of_the_checkout_is_right(scale):
    assert problems(read_selectors(ROOT) | {"scale": scale}, ROOT) == []


def test_conditions_have_the_order_in_which_models_are_read_again():
    preset = yaml.safe_load((ROOT / "conf/scale/smoke.yaml").read_text())
    params = merge(read_selectors(ROOT), preset) | {"conditions": ["mode", "instrument"]}
    assert schema.problems(params, preset, "preset") == [
        "params.yaml: conditions: expected a list of columns in the order of the alphabet, each once; got "
        "['mode', 'instrument']"]


def test_a_generator_of_your_own_needs_no_schema():
    params = merge(read_selectors(ROOT), yaml.safe_load((ROOT / "conf/scale/smoke.yaml").read_text()))
    mine = params | {"generators": [*params["generators"], "mine"], "mine": {"train": {"size": 1}, "sample": {}}}
    assert schema.problems(mine, {}, "preset") == []
    lacking = schema.problems(mine | {"mine": {"train": {}}}, {}, "preset")
    assert lacking == ["params.yaml or preset: mine.sample is missing; expected a section"]
    stray = schema.problems(params | {"mine": {}}, {}, "preset")
    assert len(stray) == 1 and stray[0].startswith("params.yaml: mine is not a setting")


def test_the_schema_knows_what_the_code_knows():
    fields = schema.PARAMS.model_fields
    assert set(fields["finetune"].annotation.model_fields["layers"].annotation.__args__) == {"auto", *LAYERS}
    sample = schema.DIFFUSION.model_fields["sample"].annotation.model_fields
    assert set(sample["method"].annotation.__args__) == set(METHODS)
    assert set(schema.EMBEDDERS.__args__) == set(EMBEDDERS)


@pytest.mark.parametrize(("text", "said"), [
    ("a: &x [1]\nb: *x\n", "alias"), ("a: 1\na: 2\n", "duplicate key"), ("a: [1\n", "cannot be read as YAML"),
    ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"), ("[" * 5000, "YAML"),
])
def test_yaml_is_plain(tmp_path, text, said):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_yaml(tmp_path / "x.yaml")


@pytest.mark.parametrize(("text", "value"), [
    ("4e-05", 4e-05), ("-1E3", -1000.0), ("1e3", 1000.0), ("2", 2), ("0.5", 0.5), ("e5", "e5"), ("4e", "4e"),
    ("'4e-05'", "4e-05"), ("1e5x", "1e5x")])
def test_numbers_are_those_that_dvc_writes(tmp_path, text, value):
    """`dvc exp run -S finetune.learning_rate=0.00004` writes 4e-05, a text to YAML 1.1."""
    (tmp_path / "x.yaml").write_text(f"a: {text}\n")
    read = read_yaml(tmp_path / "x.yaml")["a"]
    assert read == value and type(read) is type(value)
