globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 77.6,
    "train_cpu_seconds": 519.95,
    "train_wall_seconds": 324.68
  },
  "gan": {
    "realtime_factor": 114.7,
    "train_cpu_seconds": 528.05,
    "train_wall_seconds": 314.25
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
      "cpu_seconds": 142.35,
      "peak_mb": 180,
      "wall_seconds": 72.63
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
      "cpu_seconds": 22.04,
      "peak_mb": 809,
      "wall_seconds": 11.37
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
    "evaluate_finetune": {
      "cpu_seconds": 137.45,
      "peak_mb": 1156,
      "wall_seconds": 72.26
    },
    "evaluate_gan": {
      "cpu_seconds": 38.24,
      "peak_mb": 1081,
      "wall_seconds": 19.09
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
      "cpu_seconds": 70.32,
      "peak_mb": 984,
      "wall_seconds": 36.79
    },
    "reference_genre": {
      "cpu_seconds": 57.16,
      "peak_mb": 1002,
      "wall_seconds": 32.94
    },
    "sample_diffusion": {
      "cpu_seconds": 29.64,
      "peak_mb": 1286,
      "wall_seconds": 16.89
    },
    "sample_finetune": {
      "cpu_seconds": 41.03,
      "peak_mb": 1283,
      "wall_seconds": 28.51
    },
    "sample_gan": {
      "cpu_seconds": 16.6,
      "peak_mb": 1309,
      "wall_seconds": 9.23
    },
    "scores": {
      "cpu_seconds": 17.71,
      "peak_mb": 280,
      "wall_seconds": 11.53
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
      "cpu_seconds": 523.39,
      "peak_mb": 1301,
      "wall_seconds": 325.15
    },
    "train_gan": {
      "cpu_seconds": 531.44,
      "peak_mb": 1288,
      "wall_seconds": 314.74
    },
    "train_musika": {
      "cpu_seconds": 2.7,
      "peak_mb": 758,
      "wall_seconds": 0.08
    }
  }
};
