globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 26.87,
    "train_cpu_seconds": 888.05,
    "train_wall_seconds": 533.07
  },
  "gan": {
    "realtime_factor": 44.6,
    "train_cpu_seconds": 919.79,
    "train_wall_seconds": 571.36
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 214.77,
      "peak_mb": 1385,
      "wall_seconds": 164.75
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 59.93,
      "peak_mb": 818,
      "wall_seconds": 48.0
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 62.99,
      "peak_mb": 1018,
      "wall_seconds": 31.61
    },
    "accompaniment/train": {
      "cpu_seconds": 534.23,
      "peak_mb": 1363,
      "wall_seconds": 276.72
    },
    "accompaniment/voices": {
      "cpu_seconds": 217.23,
      "peak_mb": 178,
      "wall_seconds": 199.05
    },
    "anchors": {
      "cpu_seconds": 92.73,
      "peak_mb": 1298,
      "wall_seconds": 1109.76
    },
    "controls/encode_variants": {
      "cpu_seconds": 76.59,
      "peak_mb": 934,
      "wall_seconds": 71.05
    },
    "controls/evaluate": {
      "cpu_seconds": 176.52,
      "peak_mb": 2516,
      "wall_seconds": 132.68
    },
    "controls/known": {
      "cpu_seconds": 5.23,
      "peak_mb": 1703,
      "wall_seconds": 3.87
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 690.49,
      "peak_mb": 1328,
      "wall_seconds": 358.83
    },
    "controls/steer_gan": {
      "cpu_seconds": 1148.93,
      "peak_mb": 1444,
      "wall_seconds": 807.46
    },
    "controls/try_diffusion": {
      "cpu_seconds": 357.54,
      "peak_mb": 1069,
      "wall_seconds": 185.01
    },
    "controls/try_gan": {
      "cpu_seconds": 95.16,
      "peak_mb": 1100,
      "wall_seconds": 51.83
    },
    "controls/variants": {
      "cpu_seconds": 228.27,
      "peak_mb": 182,
      "wall_seconds": 625.78
    },
    "corpus": {
      "cpu_seconds": 159.57,
      "peak_mb": 180,
      "wall_seconds": 266.07
    },
    "counterpoint/compose": {
      "cpu_seconds": 302.6,
      "peak_mb": 821,
      "wall_seconds": 163.82
    },
    "counterpoint/evaluate": {
      "cpu_seconds": 35.92,
      "peak_mb": 677,
      "wall_seconds": 18.69
    },
    "counterpoint/hear": {
      "cpu_seconds": 237.35,
      "peak_mb": 1094,
      "wall_seconds": 121.75
    },
    "counterpoint/reinforce": {
      "cpu_seconds": 372.14,
      "peak_mb": 1185,
      "wall_seconds": 190.17
    },
    "counterpoint/scores": {
      "cpu_seconds": 85.68,
      "peak_mb": 187,
      "wall_seconds": 43.78
    },
    "counterpoint/train": {
      "cpu_seconds": 1635.06,
      "peak_mb": 1217,
      "wall_seconds": 884.59
    },
    "encode": {
      "cpu_seconds": 30.97,
      "peak_mb": 821,
      "wall_seconds": 17.63
    },
    "encode_genre": {
      "cpu_seconds": 47.82,
      "peak_mb": 821,
      "wall_seconds": 42.44
    },
    "evaluate_anchors": {
      "cpu_seconds": 95.93,
      "peak_mb": 1259,
      "wall_seconds": 57.36
    },
    "evaluate_diffusion": {
      "cpu_seconds": 33.4,
      "peak_mb": 1023,
      "wall_seconds": 15.99
    },
    "evaluate_finetune": {
      "cpu_seconds": 111.84,
      "peak_mb": 1439,
      "wall_seconds": 65.8
    },
    "evaluate_gan": {
      "cpu_seconds": 30.23,
      "peak_mb": 1018,
      "wall_seconds": 14.97
    },
    "finetune": {
      "cpu_seconds": 283.91,
      "peak_mb": 1292,
      "wall_seconds": 229.92
    },
    "genre": {
      "cpu_seconds": 165.17,
      "peak_mb": 194,
      "wall_seconds": 163.54
    },
    "genre_scores": {
      "cpu_seconds": 6.11,
      "peak_mb": 134,
      "wall_seconds": 5.72
    },
    "reference_corpus": {
      "cpu_seconds": 64.63,
      "peak_mb": 1631,
      "wall_seconds": 58.55
    },
    "reference_genre": {
      "cpu_seconds": 60.46,
      "peak_mb": 1731,
      "wall_seconds": 58.9
    },
    "sample_diffusion": {
      "cpu_seconds": 105.87,
      "peak_mb": 1501,
      "wall_seconds": 81.45
    },
    "sample_finetune": {
      "cpu_seconds": 60.83,
      "peak_mb": 1016,
      "wall_seconds": 34.91
    },
    "sample_gan": {
      "cpu_seconds": 23.64,
      "peak_mb": 1510,
      "wall_seconds": 14.51
    },
    "scores": {
      "cpu_seconds": 38.95,
      "peak_mb": 151,
      "wall_seconds": 38.49
    },
    "scratch": {
      "cpu_seconds": 204.23,
      "peak_mb": 1306,
      "wall_seconds": 129.93
    },
    "train_codec": {
      "cpu_seconds": 335.36,
      "peak_mb": 2229,
      "wall_seconds": 247.12
    },
    "train_diffusion": {
      "cpu_seconds": 893.02,
      "peak_mb": 1257,
      "wall_seconds": 533.75
    },
    "train_gan": {
      "cpu_seconds": 924.78,
      "peak_mb": 1270,
      "wall_seconds": 572.05
    },
    "train_musika": {
      "cpu_seconds": 4.06,
      "peak_mb": 763,
      "wall_seconds": 0.09
    }
  }
};
