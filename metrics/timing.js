globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 30.17,
    "train_cpu_seconds": 721.51,
    "train_wall_seconds": 426.63
  },
  "gan": {
    "realtime_factor": 43.8,
    "train_cpu_seconds": 792.65,
    "train_wall_seconds": 501.46
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 126.6,
      "peak_mb": 1383,
      "wall_seconds": 68.24
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 45.91,
      "peak_mb": 821,
      "wall_seconds": 25.31
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 60.22,
      "peak_mb": 1019,
      "wall_seconds": 31.77
    },
    "accompaniment/train": {
      "cpu_seconds": 468.01,
      "peak_mb": 1354,
      "wall_seconds": 241.06
    },
    "accompaniment/voices": {
      "cpu_seconds": 201.52,
      "peak_mb": 178,
      "wall_seconds": 106.43
    },
    "anchors": {
      "cpu_seconds": 46.17,
      "peak_mb": 1099,
      "wall_seconds": 23.51
    },
    "controls/encode_variants": {
      "cpu_seconds": 72.86,
      "peak_mb": 977,
      "wall_seconds": 56.85
    },
    "controls/evaluate": {
      "cpu_seconds": 233.88,
      "peak_mb": 2929,
      "wall_seconds": 123.93
    },
    "controls/known": {
      "cpu_seconds": 5.01,
      "peak_mb": 1702,
      "wall_seconds": 3.12
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 745.57,
      "peak_mb": 1335,
      "wall_seconds": 439.52
    },
    "controls/steer_gan": {
      "cpu_seconds": 1106.27,
      "peak_mb": 1438,
      "wall_seconds": 643.95
    },
    "controls/try_diffusion": {
      "cpu_seconds": 382.25,
      "peak_mb": 1083,
      "wall_seconds": 234.88
    },
    "controls/try_gan": {
      "cpu_seconds": 266.34,
      "peak_mb": 1079,
      "wall_seconds": 248.17
    },
    "controls/variants": {
      "cpu_seconds": 216.44,
      "peak_mb": 182,
      "wall_seconds": 115.41
    },
    "corpus": {
      "cpu_seconds": 141.76,
      "peak_mb": 180,
      "wall_seconds": 95.43
    },
    "counterpoint/compose": {
      "cpu_seconds": 374.97,
      "peak_mb": 815,
      "wall_seconds": 303.6
    },
    "counterpoint/evaluate": {
      "cpu_seconds": 78.24,
      "peak_mb": 649,
      "wall_seconds": 59.09
    },
    "counterpoint/hear": {
      "cpu_seconds": 233.64,
      "peak_mb": 1090,
      "wall_seconds": 120.55
    },
    "counterpoint/reinforce": {
      "cpu_seconds": 351.32,
      "peak_mb": 1182,
      "wall_seconds": 177.5
    },
    "counterpoint/scores": {
      "cpu_seconds": 48.91,
      "peak_mb": 173,
      "wall_seconds": 36.61
    },
    "counterpoint/train": {
      "cpu_seconds": 1608.36,
      "peak_mb": 1231,
      "wall_seconds": 815.73
    },
    "encode": {
      "cpu_seconds": 24.52,
      "peak_mb": 816,
      "wall_seconds": 18.06
    },
    "encode_genre": {
      "cpu_seconds": 37.57,
      "peak_mb": 817,
      "wall_seconds": 27.46
    },
    "evaluate_anchors": {
      "cpu_seconds": 81.57,
      "peak_mb": 1305,
      "wall_seconds": 57.16
    },
    "evaluate_diffusion": {
      "cpu_seconds": 28.14,
      "peak_mb": 1008,
      "wall_seconds": 20.09
    },
    "evaluate_finetune": {
      "cpu_seconds": 98.3,
      "peak_mb": 1335,
      "wall_seconds": 58.32
    },
    "evaluate_gan": {
      "cpu_seconds": 30.65,
      "peak_mb": 1012,
      "wall_seconds": 24.74
    },
    "finetune": {
      "cpu_seconds": 145.49,
      "peak_mb": 1293,
      "wall_seconds": 87.06
    },
    "genre": {
      "cpu_seconds": 146.28,
      "peak_mb": 194,
      "wall_seconds": 87.66
    },
    "genre_scores": {
      "cpu_seconds": 5.04,
      "peak_mb": 133,
      "wall_seconds": 4.31
    },
    "reference_corpus": {
      "cpu_seconds": 64.63,
      "peak_mb": 1631,
      "wall_seconds": 58.55
    },
    "reference_genre": {
      "cpu_seconds": 47.31,
      "peak_mb": 1636,
      "wall_seconds": 24.26
    },
    "sample_diffusion": {
      "cpu_seconds": 82.58,
      "peak_mb": 1522,
      "wall_seconds": 53.68
    },
    "sample_finetune": {
      "cpu_seconds": 53.79,
      "peak_mb": 993,
      "wall_seconds": 35.93
    },
    "sample_gan": {
      "cpu_seconds": 20.7,
      "peak_mb": 1549,
      "wall_seconds": 12.61
    },
    "scores": {
      "cpu_seconds": 7.68,
      "peak_mb": 136,
      "wall_seconds": 5.24
    },
    "scratch": {
      "cpu_seconds": 150.56,
      "peak_mb": 1308,
      "wall_seconds": 91.1
    },
    "train_codec": {
      "cpu_seconds": 215.47,
      "peak_mb": 2234,
      "wall_seconds": 116.75
    },
    "train_diffusion": {
      "cpu_seconds": 725.41,
      "peak_mb": 1261,
      "wall_seconds": 427.11
    },
    "train_gan": {
      "cpu_seconds": 796.33,
      "peak_mb": 1282,
      "wall_seconds": 502.28
    },
    "train_musika": {
      "cpu_seconds": 3.49,
      "peak_mb": 758,
      "wall_seconds": 0.08
    }
  }
};
