globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 29.53,
    "train_cpu_seconds": 553.81,
    "train_wall_seconds": 431.21
  },
  "gan": {
    "realtime_factor": 88.89,
    "train_cpu_seconds": 452.68,
    "train_wall_seconds": 318.88
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 87.82,
      "peak_mb": 1380,
      "wall_seconds": 46.07
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 41.39,
      "peak_mb": 816,
      "wall_seconds": 21.14
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 36.72,
      "peak_mb": 1020,
      "wall_seconds": 18.14
    },
    "accompaniment/train": {
      "cpu_seconds": 376.2,
      "peak_mb": 1365,
      "wall_seconds": 188.79
    },
    "accompaniment/voices": {
      "cpu_seconds": 163.77,
      "peak_mb": 178,
      "wall_seconds": 84.67
    },
    "anchors": {
      "cpu_seconds": 83.21,
      "peak_mb": 1289,
      "wall_seconds": 42.91
    },
    "codec_musika": {
      "cpu_seconds": 7.69,
      "peak_mb": 744,
      "wall_seconds": 0.27
    },
    "codec_own": {
      "cpu_seconds": 2.5,
      "peak_mb": 750,
      "wall_seconds": 0.06
    },
    "controls/encode_variants": {
      "cpu_seconds": 69.87,
      "peak_mb": 1045,
      "wall_seconds": 36.6
    },
    "controls/evaluate": {
      "cpu_seconds": 128.2,
      "peak_mb": 1771,
      "wall_seconds": 67.34
    },
    "controls/known": {
      "cpu_seconds": 4.06,
      "peak_mb": 1704,
      "wall_seconds": 2.69
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 515.35,
      "peak_mb": 1337,
      "wall_seconds": 258.82
    },
    "controls/steer_gan": {
      "cpu_seconds": 648.88,
      "peak_mb": 1437,
      "wall_seconds": 326.2
    },
    "controls/try_diffusion": {
      "cpu_seconds": 221.81,
      "peak_mb": 1076,
      "wall_seconds": 112.27
    },
    "controls/try_gan": {
      "cpu_seconds": 53.96,
      "peak_mb": 1087,
      "wall_seconds": 28.01
    },
    "controls/variants": {
      "cpu_seconds": 167.3,
      "peak_mb": 182,
      "wall_seconds": 95.69
    },
    "corpus": {
      "cpu_seconds": 114.82,
      "peak_mb": 180,
      "wall_seconds": 57.99
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
      "cpu_seconds": 37.54,
      "peak_mb": 815,
      "wall_seconds": 19.31
    },
    "encode_genre": {
      "cpu_seconds": 53.43,
      "peak_mb": 811,
      "wall_seconds": 29.08
    },
    "evaluate_anchors": {
      "cpu_seconds": 52.21,
      "peak_mb": 1299,
      "wall_seconds": 27.12
    },
    "evaluate_diffusion": {
      "cpu_seconds": 17.98,
      "peak_mb": 1012,
      "wall_seconds": 8.61
    },
    "evaluate_finetune": {
      "cpu_seconds": 70.42,
      "peak_mb": 1326,
      "wall_seconds": 35.82
    },
    "evaluate_gan": {
      "cpu_seconds": 18.78,
      "peak_mb": 1051,
      "wall_seconds": 8.98
    },
    "finetune": {
      "cpu_seconds": 136.52,
      "peak_mb": 1388,
      "wall_seconds": 67.8
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
      "cpu_seconds": 97.66,
      "peak_mb": 1619,
      "wall_seconds": 62.82
    },
    "reference_genre": {
      "cpu_seconds": 82.45,
      "peak_mb": 1610,
      "wall_seconds": 42.2
    },
    "sample_diffusion": {
      "cpu_seconds": 41.6,
      "peak_mb": 1510,
      "wall_seconds": 26.66
    },
    "sample_finetune": {
      "cpu_seconds": 40.24,
      "peak_mb": 1300,
      "wall_seconds": 20.12
    },
    "sample_gan": {
      "cpu_seconds": 14.02,
      "peak_mb": 1503,
      "wall_seconds": 8.57
    },
    "scores": {
      "cpu_seconds": 7.24,
      "peak_mb": 137,
      "wall_seconds": 3.72
    },
    "scratch": {
      "cpu_seconds": 2.69,
      "peak_mb": 755,
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
      "cpu_seconds": 556.8,
      "peak_mb": 1274,
      "wall_seconds": 431.56
    },
    "train_gan": {
      "cpu_seconds": 455.74,
      "peak_mb": 1289,
      "wall_seconds": 319.23
    },
    "train_musika": {
      "cpu_seconds": 2.47,
      "peak_mb": 767,
      "wall_seconds": 0.06
    }
  }
};
