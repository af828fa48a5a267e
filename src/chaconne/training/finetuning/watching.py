"""A trainer that stops in time: it measures what a generator makes on its way, and keeps its best average."""

import torch

from chaconne.training.stopping import Stopper

LISTENED = 96   # crops that a distance is measured on; a flow samples each in many evaluations


class Watched:
    """A chaconne.training.engine.trainer.Trainer that measures `model` every `every` steps against held-out latents.

    latents: folder with a split `valid`. codes: conditions [N, attributes] that are asked for in turn. patience: see
    Stopper. The rest is the trainer's.
    """

    def __init__(self, trainer, model, latents, codes, every, patience):
        self.trainer, self.model, self.codes, self.kept, self.learned = trainer, model, codes, None, 0
        self.stopper = Stopper(latents, model.rate_hz, every, patience)

    def __getattr__(self, name):
        return getattr(self.trainer, name)

    def average(self, module, decay):
        """As the trainer's: it is this average that is measured."""
        self.kept = self.trainer.average(module, decay)
        return self.kept

    def run(self, steps, step, state, preview=None):
        """As the trainer's; afterwards the average has the best weights it had."""
        stopper, fabric = self.stopper, self.trainer.fabric

        def watched(i):
            if stopper.over:
                return {"stopped": torch.ones(())}
            values = step(i)
            if stopper.due(i):
                made = fabric.broadcast(self.made())    # one for all to judge
                values["frechet"] = stopper.measure(made, self.kept.module)
            return values

        spent = self.trainer.run(steps, watched, state | {"stopper": stopper}, preview)
        self.learned = stopper.learned(steps)
        if stopper.weights:
            self.kept.module.load_state_dict(stopper.weights)
        return spent

    @torch.no_grad()
    def made(self):
        """Return raw latents [LISTENED, C, crop frames] of the average, sampled as previews are."""
        model = self.model
        current, model.network = model.network, self.kept.module
        try:
            codes = self.codes[torch.arange(LISTENED) % len(self.codes)].to(model.mean.device)
            made = model.eval().generate(LISTENED, model.settings["frames"], codes, model.preview)
            return model.denormalise(made).cpu()
        finally:
            model.network = current
            model.train()
