"""How much music survives a codec: the gate in front of every generator."""

import librosa
import numpy as np
import torch

FFT, HOP = 2048, 512


def round_trip(codec, audio):
    """Measure audio [B, samples] against its way through `codec`.

    Returns chroma_cosine (mean cosine of chroma energies, 0 to 1), log_spectral_l1 (mean absolute
    difference of log(1 + |STFT| / 0.05), nepers) and frames_per_second, channels.
    """
    rebuilt = codec.decode(codec.encode(audio))
    spectra = [torch.stft(x, FFT, HOP, window=torch.hann_window(FFT), return_complex=True).abs()
               for x in (audio, rebuilt)]
    logs = [torch.log1p(s / 0.05) for s in spectra]
    wheel = torch.from_numpy(librosa.filters.chroma(sr=codec.sample_rate_hz, n_fft=FFT))
    chroma = [torch.einsum("ck,bkt->bct", wheel, s.square()) for s in spectra]
    loud = chroma[0].norm(dim=1) > 0.1 * chroma[0].norm(dim=1).mean()
    cosine = torch.cosine_similarity(*chroma, dim=1)[loud].mean()
    return {"chroma_cosine": round(float(cosine), 4),
            "log_spectral_l1": round(float((logs[0] - logs[1]).abs().mean()), 4),
            "frames_per_second": round(codec.sample_rate_hz / codec.hop_samples, 3), "channels": codec.channels}


def check_gate(measured, gate):
    """Raise ValueError when the round trip is worse than `gate` (chroma_cosine, log_spectral_l1)."""
    cosine, l1 = measured["chroma_cosine"], measured["log_spectral_l1"]
    if not (cosine >= gate["chroma_cosine"] and l1 <= gate["log_spectral_l1"]) or not np.isfinite(l1):
        raise ValueError(
            f"the codec's round trip is too poor to learn from: chroma_cosine {cosine} (at least "
            f"{gate['chroma_cosine']}), log_spectral_l1 {l1} (at most {gate['log_spectral_l1']}); "
            "train it longer (spectral.steps), give it more channels, or move codec_gate in params.yaml")
