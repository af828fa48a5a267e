globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 19.07,
    "train_cpu_seconds": 1070.67,
    "train_wall_seconds": 543.23
  },
  "gan": {
    "realtime_factor": 57.22,
    "train_cpu_seconds": 1095.82,
    "train_wall_seconds": 555.65
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
      "cpu_seconds": 83.21,
      "peak_mb": 1289,
      "wall_seconds": 42.91
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
      "cpu_seconds": 244.11,
      "peak_mb": 180,
      "wall_seconds": 130.4
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
      "cpu_seconds": 146.15,
      "peak_mb": 1324,
      "wall_seconds": 75.07
    },
    "evaluate_diffusion": {
      "cpu_seconds": 47.31,
      "peak_mb": 1003,
      "wall_seconds": 22.18
    },
    "evaluate_finetune": {
      "cpu_seconds": 201.99,
      "peak_mb": 1309,
      "wall_seconds": 104.93
    },
    "evaluate_gan": {
      "cpu_seconds": 49.9,
      "peak_mb": 1004,
      "wall_seconds": 23.74
    },
    "finetune": {
      "cpu_seconds": 387.29,
      "peak_mb": 1364,
      "wall_seconds": 193.32
    },
    "genre": {
      "cpu_seconds": 236.55,
      "peak_mb": 193,
      "wall_seconds": 123.29
    },
    "genre_scores": {
      "cpu_seconds": 14.48,
      "peak_mb": 134,
      "wall_seconds": 7.46
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
      "cpu_seconds": 101.47,
      "peak_mb": 1501,
      "wall_seconds": 50.73
    },
    "sample_finetune": {
      "cpu_seconds": 99.29,
      "peak_mb": 1167,
      "wall_seconds": 50.99
    },
    "sample_gan": {
      "cpu_seconds": 37.65,
      "peak_mb": 1628,
      "wall_seconds": 18.54
    },
    "scores": {
      "cpu_seconds": 22.33,
      "peak_mb": 138,
      "wall_seconds": 11.49
    },
    "scratch": {
      "cpu_seconds": 7.19,
      "peak_mb": 747,
      "wall_seconds": 0.25
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
      "cpu_seconds": 1077.35,
      "peak_mb": 1269,
      "wall_seconds": 544.26
    },
    "train_gan": {
      "cpu_seconds": 1104.07,
      "peak_mb": 1269,
      "wall_seconds": 556.78
    },
    "train_musika": {
      "cpu_seconds": 7.36,
      "peak_mb": 758,
      "wall_seconds": 0.24
    }
  }
};
