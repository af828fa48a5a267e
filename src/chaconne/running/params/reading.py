"""params.yaml and the presets that it selects, as one dictionary."""

from pathlib import Path

from chaconne.running.params.plain import read_yaml


def read_params(root="."):
    """Read params.yaml with the presets it selects.

    Returns a dictionary: the top level of params.yaml, with every section that
    conf/scale/<scale>.yaml names merged into the section of the same name.
    """
    params = read_yaml(Path(root, "params.yaml"))
    preset = read_yaml(Path(root, "conf", "scale", f"{params['scale']}.yaml"))
    return merge(params, preset)


def read_corpus_settings(name, root="."):
    """Read conf/data/<name>.yaml: what to take of a corpus and how to render it."""
    return read_yaml(Path(root, "conf", "data", f"{name}.yaml"))


def codec_folder(params):
    """Return where the selected codec lies, relative to the project."""
    return f"data/codecs/{params['codec']}"


def start_folder(params):
    """Return the folder of the generator that is fine-tuned."""
    given = params["finetune"]["pretrained"]
    return f"pretrained/{given}" if given else f"{params['finetune']['base']}/{params['model']}"


def merge(base, extra):
    """Return `base` with the nested dictionary `extra` laid over it."""
    merged = dict(base)
    for key, value in extra.items():
        nested = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if nested else value
    return merged
