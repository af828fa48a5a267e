globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 42.4,
    "train_cpu_seconds": 486.79,
    "train_wall_seconds": 258.98
  },
  "gan": {
    "realtime_factor": 115.47,
    "train_cpu_seconds": 451.98,
    "train_wall_seconds": 238.52
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 90.24,
      "peak_mb": 1380,
      "wall_seconds": 47.45
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 43.89,
      "peak_mb": 817,
      "wall_seconds": 22.27
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 36.22,
      "peak_mb": 1017,
      "wall_seconds": 17.98
    },
    "accompaniment/train": {
      "cpu_seconds": 354.48,
      "peak_mb": 1360,
      "wall_seconds": 177.67
    },
    "accompaniment/voices": {
      "cpu_seconds": 35.7,
      "peak_mb": 115,
      "wall_seconds": 19.63
    },
    "anchors": {
      "cpu_seconds": 30.38,
      "peak_mb": 1316,
      "wall_seconds": 15.18
    },
    "codec_musika": {
      "cpu_seconds": 2.41,
      "peak_mb": 750,
      "wall_seconds": 0.06
    },
    "codec_own": {
      "cpu_seconds": 2.5,
      "peak_mb": 750,
      "wall_seconds": 0.06
    },
    "controls/encode_variants": {
      "cpu_seconds": 55.0,
      "peak_mb": 927,
      "wall_seconds": 27.68
    },
    "controls/evaluate": {
      "cpu_seconds": 166.93,
      "peak_mb": 2581,
      "wall_seconds": 87.75
    },
    "controls/known": {
      "cpu_seconds": 4.22,
      "peak_mb": 1703,
      "wall_seconds": 2.88
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 484.05,
      "peak_mb": 1336,
      "wall_seconds": 243.25
    },
    "controls/steer_gan": {
      "cpu_seconds": 683.31,
      "peak_mb": 1435,
      "wall_seconds": 343.49
    },
    "controls/try_diffusion": {
      "cpu_seconds": 228.43,
      "peak_mb": 1087,
      "wall_seconds": 115.82
    },
    "controls/try_gan": {
      "cpu_seconds": 53.12,
      "peak_mb": 1074,
      "wall_seconds": 27.82
    },
    "controls/variants": {
      "cpu_seconds": 173.56,
      "peak_mb": 182,
      "wall_seconds": 89.51
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
      "cpu_seconds": 54.06,
      "peak_mb": 1324,
      "wall_seconds": 27.28
    },
    "evaluate_diffusion": {
      "cpu_seconds": 18.22,
      "peak_mb": 1024,
      "wall_seconds": 8.5
    },
    "evaluate_finetune": {
      "cpu_seconds": 71.71,
      "peak_mb": 1350,
      "wall_seconds": 36.33
    },
    "evaluate_gan": {
      "cpu_seconds": 18.77,
      "peak_mb": 1010,
      "wall_seconds": 8.8
    },
    "finetune": {
      "cpu_seconds": 91.97,
      "peak_mb": 1302,
      "wall_seconds": 45.76
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
      "cpu_seconds": 40.07,
      "peak_mb": 1526,
      "wall_seconds": 20.27
    },
    "sample_finetune": {
      "cpu_seconds": 40.48,
      "peak_mb": 1278,
      "wall_seconds": 20.33
    },
    "sample_gan": {
      "cpu_seconds": 15.15,
      "peak_mb": 1515,
      "wall_seconds": 7.44
    },
    "scores": {
      "cpu_seconds": 6.31,
      "peak_mb": 138,
      "wall_seconds": 3.16
    },
    "scratch": {
      "cpu_seconds": 2.52,
      "peak_mb": 755,
      "wall_seconds": 0.09
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
      "cpu_seconds": 489.63,
      "peak_mb": 1265,
      "wall_seconds": 259.36
    },
    "train_gan": {
      "cpu_seconds": 454.92,
      "peak_mb": 1284,
      "wall_seconds": 238.9
    },
    "train_musika": {
      "cpu_seconds": 2.66,
      "peak_mb": 767,
      "wall_seconds": 0.06
    }
  }
};
