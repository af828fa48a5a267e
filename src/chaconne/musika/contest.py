"""One step of Musika's training: hinge loss, R1 on real latents with a weight that adapts, one update of each side."""

import torch
from torch.nn.functional import relu


class Switch(torch.nn.Module):
    """Adaptive share of the R1 penalty, 0 to 1: the surer the critic is, the more of it.

    `value` is Musika's `switch`, -1 (all of the penalty) to 0 (none).
    """

    def __init__(self, value=-1.0):
        super().__init__()
        self.register_buffer("value", torch.tensor(float(value)))

    @property
    def share(self):
        """Share of the full penalty."""
        return -self.value

    @torch.no_grad()
    def follow(self, real, fake):
        """real, fake: means of the judgements. Certain (more than 0.9 of 2 apart): more penalty, else less."""
        certain = (real - fake).clamp(0, 2) / 2 > 0.9
        self.value.add_(torch.where(certain, -1e-4, 1e-4)).clamp_(-1, 0)


def critic_losses(real, fake):
    """Hinge (Lim 2017, Eq. 5): judgements [B, 1] -> losses on real and on fake latents."""
    return relu(1 - real).mean(), relu(1 + fake).mean()


def r1(judged, latents):
    """Squared gradient at real latents, mean over the batch (Mescheder 2018, Eq. 9, without its half)."""
    gradient, = torch.autograd.grad(judged.sum(), latents, create_graph=True)
    return gradient.square().sum((1, 2)).mean()


def step(generator, critic, optimizers, switch, real, rows, weight, backward=torch.Tensor.backward, agree=lambda x: x,
         keep=None):
    """One update of generator and critic from the same fakes; returns {real, fake, penalty, generator}: losses.

    optimizers: (generator's, critic's); what they do not hold gets no gradient. real: latents [B, C, T]; rows:
    generator inputs [B, T, inputs]. weight: of R1 where switch's share is 1. backward: as Fabric's. agree: the mean
    over all processes, so that they have one switch. keep: returns a scalar that is added to the generator's loss.
    """
    fake, real = generator(rows), real.detach().requires_grad_(True)
    judged, refused = critic(real), critic(fake)
    generator_loss = -refused.mean() + (keep() if keep else 0)
    on_real, on_fake = critic_losses(judged, refused)
    penalty = r1(judged, real)
    # Both sides move from the same weights, as in the original, so that one pass of the critic serves both.
    critic_loss = (on_real + on_fake) / 2 + weight * switch.share * penalty
    for optimizer, loss in zip(optimizers, (generator_loss, critic_loss), strict=True):
        optimizer.zero_grad()
        trained = [p for group in optimizer.param_groups for p in group["params"]]
        backward(loss, inputs=trained, retain_graph=loss is generator_loss)
    for optimizer in optimizers:
        optimizer.step()
    switch.follow(*agree(torch.stack([judged.mean(), refused.mean()]).detach()))
    return {"real": on_real.detach(), "fake": on_fake.detach(), "penalty": penalty.detach(),
            "generator": generator_loss.detach()}
