globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 86.01,
    "train_cpu_seconds": 450.09,
    "train_wall_seconds": 367.75
  },
  "gan": {
    "realtime_factor": 119.97,
    "train_cpu_seconds": 447.46,
    "train_wall_seconds": 270.68
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 84.1,
      "peak_mb": 1385,
      "wall_seconds": 46.04
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 44.29,
      "peak_mb": 820,
      "wall_seconds": 23.63
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 34.85,
      "peak_mb": 1020,
      "wall_seconds": 17.42
    },
    "accompaniment/train": {
      "cpu_seconds": 389.41,
      "peak_mb": 1344,
      "wall_seconds": 210.01
    },
    "accompaniment/voices": {
      "cpu_seconds": 163.77,
      "peak_mb": 178,
      "wall_seconds": 84.67
    },
    "anchors": {
      "cpu_seconds": 33.21,
      "peak_mb": 1251,
      "wall_seconds": 20.11
    },
    "codec_musika": {
      "cpu_seconds": 2.8,
      "peak_mb": 744,
      "wall_seconds": 0.07
    },
    "codec_own": {
      "cpu_seconds": 2.58,
      "peak_mb": 744,
      "wall_seconds": 0.06
    },
    "controls/encode_variants": {
      "cpu_seconds": 60.23,
      "peak_mb": 924,
      "wall_seconds": 31.21
    },
    "controls/evaluate": {
      "cpu_seconds": 118.89,
      "peak_mb": 1998,
      "wall_seconds": 66.49
    },
    "controls/known": {
      "cpu_seconds": 4.45,
      "peak_mb": 2227,
      "wall_seconds": 2.94
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 476.56,
      "peak_mb": 1360,
      "wall_seconds": 406.46
    },
    "controls/steer_gan": {
      "cpu_seconds": 668.49,
      "peak_mb": 1471,
      "wall_seconds": 410.62
    },
    "controls/try_diffusion": {
      "cpu_seconds": 268.12,
      "peak_mb": 1035,
      "wall_seconds": 277.53
    },
    "controls/try_gan": {
      "cpu_seconds": 50.19,
      "peak_mb": 1047,
      "wall_seconds": 28.23
    },
    "controls/variants": {
      "cpu_seconds": 167.3,
      "peak_mb": 182,
      "wall_seconds": 95.69
    },
    "corpus": {
      "cpu_seconds": 123.9,
      "peak_mb": 181,
      "wall_seconds": 69.86
    },
    "counterpoint/compose": {
      "cpu_seconds": 179.4,
      "peak_mb": 826,
      "wall_seconds": 95.27
    },
    "counterpoint/evaluate": {
      "cpu_seconds": 19.77,
      "peak_mb": 647,
      "wall_seconds": 9.52
    },
    "counterpoint/hear": {
      "cpu_seconds": 171.05,
      "peak_mb": 1108,
      "wall_seconds": 87.52
    },
    "counterpoint/reinforce": {
      "cpu_seconds": 237.88,
      "peak_mb": 1177,
      "wall_seconds": 119.13
    },
    "counterpoint/scores": {
      "cpu_seconds": 38.19,
      "peak_mb": 175,
      "wall_seconds": 19.97
    },
    "counterpoint/train": {
      "cpu_seconds": 1120.6,
      "peak_mb": 1222,
      "wall_seconds": 563.05
    },
    "encode": {
      "cpu_seconds": 17.36,
      "peak_mb": 824,
      "wall_seconds": 8.73
    },
    "encode_genre": {
      "cpu_seconds": 37.47,
      "peak_mb": 796,
      "wall_seconds": 19.8
    },
    "evaluate_anchors": {
      "cpu_seconds": 97.58,
      "peak_mb": 1394,
      "wall_seconds": 50.84
    },
    "evaluate_diffusion": {
      "cpu_seconds": 31.74,
      "peak_mb": 1044,
      "wall_seconds": 15.76
    },
    "evaluate_finetune": {
      "cpu_seconds": 236.93,
      "peak_mb": 1397,
      "wall_seconds": 123.51
    },
    "evaluate_gan": {
      "cpu_seconds": 32.37,
      "peak_mb": 1076,
      "wall_seconds": 16.01
    },
    "finetune": {
      "cpu_seconds": 137.56,
      "peak_mb": 1377,
      "wall_seconds": 72.11
    },
    "genre": {
      "cpu_seconds": 119.75,
      "peak_mb": 194,
      "wall_seconds": 62.11
    },
    "genre_scores": {
      "cpu_seconds": 4.43,
      "peak_mb": 134,
      "wall_seconds": 2.33
    },
    "reference_corpus": {
      "cpu_seconds": 60.89,
      "peak_mb": 1156,
      "wall_seconds": 31.97
    },
    "reference_genre": {
      "cpu_seconds": 117.4,
      "peak_mb": 1138,
      "wall_seconds": 62.13
    },
    "sample_diffusion": {
      "cpu_seconds": 24.44,
      "peak_mb": 1263,
      "wall_seconds": 13.61
    },
    "sample_finetune": {
      "cpu_seconds": 34.87,
      "peak_mb": 1307,
      "wall_seconds": 19.42
    },
    "sample_gan": {
      "cpu_seconds": 14.39,
      "peak_mb": 1305,
      "wall_seconds": 8.2
    },
    "scores": {
      "cpu_seconds": 13.88,
      "peak_mb": 259,
      "wall_seconds": 8.68
    },
    "scratch": {
      "cpu_seconds": 2.63,
      "peak_mb": 745,
      "wall_seconds": 0.06
    },
    "timbres": {
      "cpu_seconds": 245.53,
      "peak_mb": 175,
      "wall_seconds": 209.78
    },
    "train_codec": {
      "cpu_seconds": 1216.52,
      "peak_mb": 2631,
      "wall_seconds": 663.77
    },
    "train_diffusion": {
      "cpu_seconds": 452.86,
      "peak_mb": 1286,
      "wall_seconds": 368.15
    },
    "train_gan": {
      "cpu_seconds": 450.31,
      "peak_mb": 1341,
      "wall_seconds": 271.07
    },
    "train_musika": {
      "cpu_seconds": 2.9,
      "peak_mb": 757,
      "wall_seconds": 0.07
    }
  }
};
