"""The model card of a pack: README.md with the YAML that the hub of Hugging Face reads at its head."""

import yaml

from chaconne.running.pipeline import look_up

# What is told of a model's numbers: (path in its row, name of the metric, what it means).
TOLD = (("fad.logmel", "Fréchet distance (log-mel)", "to the training music, less is closer"),
        ("fad.notes", "Fréchet distance (notes)", "between transcriptions, less is closer"),
        ("fad.musicnn", "Fréchet distance (musicnn)", "as a music tagger hears it, less is closer"),
        ("coverage", "Coverage", "share of the music that the samples reach, more is better"),
        ("nearest_train", "Nearest training clip", "1 is as far as unheard music, well below 1 is copying"))


def card(said):
    """Return README.md (text) of a pack; said: what its pack.json says."""
    head = yaml.safe_dump(front(said), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n{body(said)}"


def front(said):
    """Return the front matter: licence, tags, datasets and measured results, as the hub defines them."""
    licence = {"license": said["licence"]} if said["licence"] else {
        "license": "other", "license_name": "see-the-corpora", "license_link": "README.md#licence"}
    data = said["training"]["params"].get("data", "music")
    results = [{"type": path.replace(".", "_"), "name": name, "value": round(value, 4)} for path, name, _ in TOLD
               if (value := look_up(said["metrics"].get("rows", {}), f"model.{path}")) is not None]
    index = [{"name": said["name"], "results": [{
        "task": {"type": "unconditional-audio-generation", "name": "Music generation"},
        "dataset": {"type": data, "name": data}, "metrics": results}]}] if results else None
    return {**licence, "library_name": "chaconne", "tags": [
        "music", "audio", "unconditional-audio-generation", said["generator"], "chaconne"],
        **({"model-index": index} if index else {})}


def body(said):
    """Return the text below the front matter."""
    audio, latents, used = said["audio"], said["latents"], said["parameters"]
    values = "; ".join(f"{name}: {', '.join(some)}" for name, some in said["vocabulary"].items() if some)
    lines = [
        f"# {said['name']}", "",
        f"A `{said['generator']}` generator of music in compressed latents: mono at {audio['sample_rate_hz']} Hz, "
        f"{latents['channels']} channels at {latents['rate_hz']:.4g} frames a second by the codec "
        f"`{latents['codec']}`. {count(used['used'])} parameters make the music, {count(used['codec'])} more turn it "
        "into sound.", "",
        "## Use", "", "```", "pip install chaconne",
        "chaconne generate --model PATH-OF-THIS-FOLDER --seconds 30 --seed 1 --out piece.wav", "```", "",
        "Nothing else is needed: no pipeline, no network, no pickles. The folder also serves as a start for "
        "fine-tuning: put it into `pretrained/` and set `finetune.pretrained`.", ""]
    if values:
        lines += [f"`--condition` knows {values}.", ""]
    knobs = ", ".join(f"`{key}: {value}`" for key, value in said["knobs"].items())
    lines += [f"Sampling as it was measured: {knobs}.", "", "## Numbers", "", *numbers(said), "",
              "## What it learned", "", *corpora(said), "", "## Licence", "", *licence(said), "",
              "## Limits", "",
              "It knows the music it was trained on and nothing else, is mono, and makes pauses and blurred chords now "
              "and then. Whether it copies is measured by the nearest training clip above.", "",
              "## Provenance", "", *provenance(said["provenance"]), ""]
    return "\n".join(lines)


def codec_card(config, corpora, measured):
    """Return README.md (text) of a codec that is given away; config: its codec.json; measured: its round trips."""
    rates = next(iter(measured.values()))
    lines = [
        "---", "license: other", "license_name: see-the-corpora", "license_link: README.md#what-it-learned",
        "library_name: chaconne", "tags: [music, audio, codec]", "---", "",
        "# The codec of all music here", "",
        f"Mono at {config['sample_rate_hz']} Hz to {config['channels']} channels at {rates['frames_per_second']:.4g} "
        "frames a second and back (`chaconne.codec.spectral`). Trained once, on excerpts in every pitched timbre of "
        "General MIDI, so that it carries music it never heard; float16.", "",
        "| unseen clips | chroma cosine | log-spectral L1 (nepers) |", "|---|---|---|",
        *(f"| {name.replace('_', ' ')} | {one['chroma_cosine']:.3f} | {one['log_spectral_l1']:.3f} |"
          for name, one in measured.items()), "",
        "## What it learned", "",
        *(f"- {one.get('title', one['name'])} ({one['licence']}; {one['citation']})" for one in corpora), "",
        "## Limits", "", "Pitched music. Drums, speech and what lies above 11 kHz come back blurred or not at all.", "",
        "## Provenance", "", "`dvc repro stages/packs/dvc.yaml:train_codec` makes it again.", ""]
    return "\n".join(lines)


def count(parameters):
    """Return a number of parameters as people say it."""
    return "an unknown number of" if parameters is None else f"{parameters / 1e6:.2f} million"


def numbers(said):
    """Return the lines of the table of measured numbers."""
    rows = said["metrics"].get("rows")
    if not rows:
        return ["Nobody has measured this model where it was packed."]
    heads = [name for name in ("real", "codec", "model") if name in rows]
    titles = {"real": "real music, held out", "codec": "the same through the codec", "model": said["name"]}
    lines = ["| | " + " | ".join(titles[name] for name in heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for path, name, meaning in TOLD:
        values = [look_up(rows[head], path) for head in heads]
        if values[-1] is not None:
            cells = ("" if value is None else f"{value:.3g}" for value in values)
            lines.append(f"| {name}: {meaning} | " + " | ".join(cells) + " |")
    settings = said["metrics"]["settings"]
    about = ", ".join(f"{key} {settings[key]}" for key in ("clips", "clip_seconds", "reference_clips", "scale")
                      if key in settings)
    return [*lines, "", f"Measured by `dvc repro` ({about})."] if about else lines


def corpora(said):
    """Return a line for each corpus."""
    lines = []
    for part, some in said["corpora"].items():
        for one in some:
            rest = "; ".join(f"{key}: {one[key]}" for key in ("licence", "citation", "source") if one.get(key))
            lines.append(f"- {part}: {one.get('title') or one.get('name', 'unnamed')} ({rest})")
    return lines or ["Its files do not say."]


def licence(said):
    """Return the lines on rights."""
    words = sorted({one["licence"] for some in said["corpora"].values() for one in some if one.get("licence")})
    own = [f"The weights: {said['licence']}."] if said["licence"] else [
        "Whoever packed this named no licence for the weights; they were made from music under the terms below."]
    return own + [f"- of the music: {text}" for text in words]


def provenance(made):
    """Return the lines on where it comes from."""
    versions = f"chaconne {made['chaconne']}, torch {made['torch']}, Python {made['python']}."
    if "source" not in made:
        return [f"Packed by the pipeline of the project that it comes with; {versions}"]
    commit = f"commit `{made['commit']}`" + (" with changes since" if made["changed_since"] else "") if (
        made["commit"]) else "no Git repository"
    return [f"Packed from the {made['source']} ({commit}); {versions}"]
