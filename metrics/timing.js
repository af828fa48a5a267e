globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 77.6,
    "train_cpu_seconds": 487.24,
    "train_wall_seconds": 390.14
  },
  "distilled": {
    "begun_cpu_seconds": 949.43,
    "realtime_factor": 83.18,
    "train_cpu_seconds": 212.98,
    "train_wall_seconds": 210.72
  },
  "gan": {
    "realtime_factor": 114.7,
    "train_cpu_seconds": 462.19,
    "train_wall_seconds": 431.17
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 122.71,
      "peak_mb": 1380,
      "wall_seconds": 124.33
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 34.92,
      "peak_mb": 822,
      "wall_seconds": 18.97
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 59.16,
      "peak_mb": 977,
      "wall_seconds": 51.55
    },
    "accompaniment/train": {
      "cpu_seconds": 425.34,
      "peak_mb": 1366,
      "wall_seconds": 390.72
    },
    "accompaniment/voices": {
      "cpu_seconds": 216.88,
      "peak_mb": 178,
      "wall_seconds": 118.81
    },
    "anchors": {
      "cpu_seconds": 40.69,
      "peak_mb": 1220,
      "wall_seconds": 25.19
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
      "cpu_seconds": 83.05,
      "peak_mb": 1038,
      "wall_seconds": 67.72
    },
    "controls/evaluate": {
      "cpu_seconds": 135.84,
      "peak_mb": 2122,
      "wall_seconds": 76.96
    },
    "controls/known": {
      "cpu_seconds": 4.82,
      "peak_mb": 1696,
      "wall_seconds": 3.44
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 586.47,
      "peak_mb": 1332,
      "wall_seconds": 993.18
    },
    "controls/steer_gan": {
      "cpu_seconds": 784.17,
      "peak_mb": 1460,
      "wall_seconds": 712.21
    },
    "controls/try_diffusion": {
      "cpu_seconds": 279.4,
      "peak_mb": 1035,
      "wall_seconds": 272.6
    },
    "controls/try_gan": {
      "cpu_seconds": 71.7,
      "peak_mb": 1063,
      "wall_seconds": 42.77
    },
    "controls/variants": {
      "cpu_seconds": 223.65,
      "peak_mb": 182,
      "wall_seconds": 183.24
    },
    "corpus": {
      "cpu_seconds": 142.45,
      "peak_mb": 180,
      "wall_seconds": 75.72
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
      "cpu_seconds": 19.41,
      "peak_mb": 826,
      "wall_seconds": 9.59
    },
    "encode_genre": {
      "cpu_seconds": 27.22,
      "peak_mb": 820,
      "wall_seconds": 14.79
    },
    "evaluate_anchors": {
      "cpu_seconds": 113.87,
      "peak_mb": 1185,
      "wall_seconds": 59.34
    },
    "evaluate_diffusion": {
      "cpu_seconds": 38.07,
      "peak_mb": 1074,
      "wall_seconds": 19.0
    },
    "evaluate_distilled": {
      "cpu_seconds": 37.08,
      "peak_mb": 1052,
      "wall_seconds": 18.43
    },
    "evaluate_finetune": {
      "cpu_seconds": 147.75,
      "peak_mb": 1246,
      "wall_seconds": 111.97
    },
    "evaluate_gan": {
      "cpu_seconds": 38.24,
      "peak_mb": 1081,
      "wall_seconds": 19.09
    },
    "finetune": {
      "cpu_seconds": 160.1,
      "peak_mb": 1433,
      "wall_seconds": 148.45
    },
    "genre": {
      "cpu_seconds": 161.36,
      "peak_mb": 194,
      "wall_seconds": 87.45
    },
    "genre_scores": {
      "cpu_seconds": 67.15,
      "peak_mb": 243,
      "wall_seconds": 40.89
    },
    "reference_corpus": {
      "cpu_seconds": 70.32,
      "peak_mb": 984,
      "wall_seconds": 36.79
    },
    "reference_genre": {
      "cpu_seconds": 68.22,
      "peak_mb": 987,
      "wall_seconds": 40.85
    },
    "sample_diffusion": {
      "cpu_seconds": 29.64,
      "peak_mb": 1286,
      "wall_seconds": 16.89
    },
    "sample_distilled": {
      "cpu_seconds": 18.32,
      "peak_mb": 1286,
      "wall_seconds": 10.47
    },
    "sample_finetune": {
      "cpu_seconds": 55.14,
      "peak_mb": 1283,
      "wall_seconds": 44.44
    },
    "sample_gan": {
      "cpu_seconds": 16.6,
      "peak_mb": 1309,
      "wall_seconds": 9.23
    },
    "scores": {
      "cpu_seconds": 20.38,
      "peak_mb": 259,
      "wall_seconds": 12.34
    },
    "scratch": {
      "cpu_seconds": 2.95,
      "peak_mb": 750,
      "wall_seconds": 0.09
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
      "cpu_seconds": 490.69,
      "peak_mb": 1294,
      "wall_seconds": 390.6
    },
    "train_distilled": {
      "cpu_seconds": 217.5,
      "peak_mb": 1556,
      "wall_seconds": 211.83
    },
    "train_gan": {
      "cpu_seconds": 465.42,
      "peak_mb": 1324,
      "wall_seconds": 431.69
    },
    "train_musika": {
      "cpu_seconds": 3.04,
      "peak_mb": 762,
      "wall_seconds": 0.13
    }
  }
};
