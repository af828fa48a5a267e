globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 29.74,
    "train_cpu_seconds": 830.41,
    "train_wall_seconds": 452.1
  },
  "gan": {
    "realtime_factor": 83.86,
    "train_cpu_seconds": 689.84,
    "train_wall_seconds": 350.31
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 139.83,
      "peak_mb": 1409,
      "wall_seconds": 76.12
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 50.09,
      "peak_mb": 824,
      "wall_seconds": 26.12
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 65.45,
      "peak_mb": 1038,
      "wall_seconds": 33.4
    },
    "accompaniment/train": {
      "cpu_seconds": 838.03,
      "peak_mb": 1361,
      "wall_seconds": 446.97
    },
    "accompaniment/voices": {
      "cpu_seconds": 273.4,
      "peak_mb": 178,
      "wall_seconds": 143.0
    },
    "anchors": {
      "cpu_seconds": 48.71,
      "peak_mb": 1299,
      "wall_seconds": 25.76
    },
    "codec_musika": {
      "cpu_seconds": 5.37,
      "peak_mb": 746,
      "wall_seconds": 0.1
    },
    "codec_own": {
      "cpu_seconds": 2.5,
      "peak_mb": 750,
      "wall_seconds": 0.06
    },
    "controls/encode_variants": {
      "cpu_seconds": 70.07,
      "peak_mb": 971,
      "wall_seconds": 35.71
    },
    "controls/evaluate": {
      "cpu_seconds": 210.03,
      "peak_mb": 1781,
      "wall_seconds": 111.26
    },
    "controls/known": {
      "cpu_seconds": 7.27,
      "peak_mb": 1705,
      "wall_seconds": 4.48
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 997.62,
      "peak_mb": 1349,
      "wall_seconds": 523.47
    },
    "controls/steer_gan": {
      "cpu_seconds": 1147.1,
      "peak_mb": 1442,
      "wall_seconds": 597.26
    },
    "controls/try_diffusion": {
      "cpu_seconds": 388.05,
      "peak_mb": 1075,
      "wall_seconds": 202.45
    },
    "controls/try_gan": {
      "cpu_seconds": 89.68,
      "peak_mb": 1122,
      "wall_seconds": 48.93
    },
    "controls/variants": {
      "cpu_seconds": 261.51,
      "peak_mb": 182,
      "wall_seconds": 155.23
    },
    "corpus": {
      "cpu_seconds": 115.64,
      "peak_mb": 181,
      "wall_seconds": 101.09
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
      "cpu_seconds": 22.18,
      "peak_mb": 823,
      "wall_seconds": 11.64
    },
    "encode_genre": {
      "cpu_seconds": 33.81,
      "peak_mb": 795,
      "wall_seconds": 17.94
    },
    "evaluate_anchors": {
      "cpu_seconds": 83.12,
      "peak_mb": 1286,
      "wall_seconds": 42.72
    },
    "evaluate_diffusion": {
      "cpu_seconds": 31.14,
      "peak_mb": 1048,
      "wall_seconds": 14.53
    },
    "evaluate_finetune": {
      "cpu_seconds": 112.8,
      "peak_mb": 1311,
      "wall_seconds": 59.35
    },
    "evaluate_gan": {
      "cpu_seconds": 29.99,
      "peak_mb": 1011,
      "wall_seconds": 14.34
    },
    "finetune": {
      "cpu_seconds": 281.01,
      "peak_mb": 1381,
      "wall_seconds": 143.39
    },
    "genre": {
      "cpu_seconds": 121.55,
      "peak_mb": 194,
      "wall_seconds": 63.44
    },
    "genre_scores": {
      "cpu_seconds": 4.7,
      "peak_mb": 134,
      "wall_seconds": 2.33
    },
    "reference_corpus": {
      "cpu_seconds": 33.07,
      "peak_mb": 1609,
      "wall_seconds": 16.44
    },
    "reference_genre": {
      "cpu_seconds": 32.73,
      "peak_mb": 1983,
      "wall_seconds": 16.96
    },
    "sample_diffusion": {
      "cpu_seconds": 66.75,
      "peak_mb": 1503,
      "wall_seconds": 33.72
    },
    "sample_finetune": {
      "cpu_seconds": 67.48,
      "peak_mb": 1284,
      "wall_seconds": 35.85
    },
    "sample_gan": {
      "cpu_seconds": 23.65,
      "peak_mb": 1526,
      "wall_seconds": 11.81
    },
    "scores": {
      "cpu_seconds": 6.31,
      "peak_mb": 138,
      "wall_seconds": 3.16
    },
    "scratch": {
      "cpu_seconds": 4.86,
      "peak_mb": 754,
      "wall_seconds": 0.1
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
      "cpu_seconds": 836.24,
      "peak_mb": 1263,
      "wall_seconds": 452.78
    },
    "train_gan": {
      "cpu_seconds": 694.0,
      "peak_mb": 1287,
      "wall_seconds": 350.86
    },
    "train_musika": {
      "cpu_seconds": 5.5,
      "peak_mb": 766,
      "wall_seconds": 0.11
    }
  }
};
