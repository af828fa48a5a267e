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
      "cpu_seconds": 112.2,
      "peak_mb": 1387,
      "wall_seconds": 112.0
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 36.57,
      "peak_mb": 836,
      "wall_seconds": 34.57
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 54.12,
      "peak_mb": 977,
      "wall_seconds": 43.16
    },
    "accompaniment/train": {
      "cpu_seconds": 458.19,
      "peak_mb": 1352,
      "wall_seconds": 457.33
    },
    "accompaniment/voices": {
      "cpu_seconds": 72.28,
      "peak_mb": 120,
      "wall_seconds": 112.27
    },
    "anchors": {
      "cpu_seconds": 33.21,
      "peak_mb": 1251,
      "wall_seconds": 20.11
    },
    "codec_musika": {
      "cpu_seconds": 2.82,
      "peak_mb": 745,
      "wall_seconds": 0.07
    },
    "codec_own": {
      "cpu_seconds": 2.7,
      "peak_mb": 746,
      "wall_seconds": 0.07
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
      "cpu_seconds": 237.35,
      "peak_mb": 842,
      "wall_seconds": 147.5
    },
    "counterpoint/evaluate": {
      "cpu_seconds": 27.16,
      "peak_mb": 654,
      "wall_seconds": 18.31
    },
    "counterpoint/hear": {
      "cpu_seconds": 273.5,
      "peak_mb": 1179,
      "wall_seconds": 207.11
    },
    "counterpoint/reinforce": {
      "cpu_seconds": 269.05,
      "peak_mb": 1195,
      "wall_seconds": 173.95
    },
    "counterpoint/scores": {
      "cpu_seconds": 106.38,
      "peak_mb": 300,
      "wall_seconds": 63.99
    },
    "counterpoint/train": {
      "cpu_seconds": 1147.34,
      "peak_mb": 1259,
      "wall_seconds": 749.13
    },
    "encode": {
      "cpu_seconds": 17.36,
      "peak_mb": 824,
      "wall_seconds": 8.73
    },
    "encode_genre": {
      "cpu_seconds": 22.04,
      "peak_mb": 809,
      "wall_seconds": 11.37
    },
    "evaluate_anchors": {
      "cpu_seconds": 100.99,
      "peak_mb": 1157,
      "wall_seconds": 52.93
    },
    "evaluate_diffusion": {
      "cpu_seconds": 33.76,
      "peak_mb": 1087,
      "wall_seconds": 16.8
    },
    "evaluate_finetune": {
      "cpu_seconds": 137.45,
      "peak_mb": 1156,
      "wall_seconds": 72.26
    },
    "evaluate_gan": {
      "cpu_seconds": 33.72,
      "peak_mb": 1073,
      "wall_seconds": 16.69
    },
    "finetune": {
      "cpu_seconds": 171.74,
      "peak_mb": 1388,
      "wall_seconds": 99.1
    },
    "genre": {
      "cpu_seconds": 63.23,
      "peak_mb": 112,
      "wall_seconds": 33.3
    },
    "genre_scores": {
      "cpu_seconds": 46.56,
      "peak_mb": 243,
      "wall_seconds": 29.67
    },
    "reference_corpus": {
      "cpu_seconds": 56.04,
      "peak_mb": 994,
      "wall_seconds": 28.79
    },
    "reference_genre": {
      "cpu_seconds": 57.16,
      "peak_mb": 1002,
      "wall_seconds": 32.94
    },
    "sample_diffusion": {
      "cpu_seconds": 24.44,
      "peak_mb": 1263,
      "wall_seconds": 13.61
    },
    "sample_finetune": {
      "cpu_seconds": 41.03,
      "peak_mb": 1283,
      "wall_seconds": 28.51
    },
    "sample_gan": {
      "cpu_seconds": 14.39,
      "peak_mb": 1305,
      "wall_seconds": 8.2
    },
    "scores": {
      "cpu_seconds": 14.62,
      "peak_mb": 259,
      "wall_seconds": 9.14
    },
    "scratch": {
      "cpu_seconds": 2.91,
      "peak_mb": 746,
      "wall_seconds": 0.07
    },
    "timbres": {
      "cpu_seconds": 335.3,
      "peak_mb": 300,
      "wall_seconds": 534.7
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
      "cpu_seconds": 2.7,
      "peak_mb": 758,
      "wall_seconds": 0.08
    }
  }
};
