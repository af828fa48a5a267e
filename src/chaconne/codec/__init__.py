"""Codecs: one module each, one contract.

A codec module defines `Codec`, a torch module with

    sample_rate_hz, hop_samples, channels       what a latent frame stands for
    encode(audio)    [batch, samples] in [-1, 1] -> latents [batch, channels, samples / hop_samples]
    decode(latents)  [batch, channels, frames]   -> audio [batch, frames * hop_samples]
    save(folder)                                 writes codec.json and codec.safetensors
    load(folder)     (class method)              reads them

and `train(settings, sources, seed, progress)`, which returns a Codec. Latents are deterministic.
How much a channel varies, beside the others, says how much it counts: generators learn all with the same scale.
"""
