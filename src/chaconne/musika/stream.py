"""Audio of any length through the autoencoder in bounded memory, any number of channels."""


from chaconne.musika import spectrum


def encode_exactly(model, audio):
    """audio: [N, S] -> latents [N, C, F / 16], as the original: S samples hold F frames, a multiple of 16."""
    return model.encode(spectrum.spectrogram(audio, model.sizes.hop))


def decode_exactly(model, latents):
    """latents: [N, C, T] -> audio [N, 16 T hop + 3 hop] in [-1, 1], as the original; T is a multiple of 4."""
    return spectrum.invert(*model.decode(latents), model.sizes.hop).clamp(-1, 1)
