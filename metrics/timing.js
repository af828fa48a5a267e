globalThis.chaconneClocks = {
  "diffusion": {
    "realtime_factor": 43.29,
    "train_cpu_seconds": 490.46,
    "train_wall_seconds": 246.71
  },
  "gan": {
    "realtime_factor": 119.31,
    "train_cpu_seconds": 570.1,
    "train_wall_seconds": 324.07
  },
  "stages": {
    "accompaniment/accompany": {
      "cpu_seconds": 93.94,
      "peak_mb": 1378,
      "wall_seconds": 49.25
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 42.88,
      "peak_mb": 811,
      "wall_seconds": 21.96
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 37.53,
      "peak_mb": 1031,
      "wall_seconds": 18.56
    },
    "accompaniment/train": {
      "cpu_seconds": 369.3,
      "peak_mb": 1360,
      "wall_seconds": 184.77
    },
    "accompaniment/voices": {
      "cpu_seconds": 175.32,
      "peak_mb": 177,
      "wall_seconds": 99.02
    },
    "anchors": {
      "cpu_seconds": 32.24,
      "peak_mb": 1097,
      "wall_seconds": 15.98
    },
    "controls/encode_variants": {
      "cpu_seconds": 62.9,
      "peak_mb": 978,
      "wall_seconds": 31.59
    },
    "controls/evaluate": {
      "cpu_seconds": 142.98,
      "peak_mb": 1636,
      "wall_seconds": 74.86
    },
    "controls/known": {
      "cpu_seconds": 4.46,
      "peak_mb": 1701,
      "wall_seconds": 3.03
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 509.16,
      "peak_mb": 1328,
      "wall_seconds": 255.48
    },
    "controls/steer_gan": {
      "cpu_seconds": 724.6,
      "peak_mb": 1432,
      "wall_seconds": 363.99
    },
    "controls/try_diffusion": {
      "cpu_seconds": 245.79,
      "peak_mb": 1068,
      "wall_seconds": 124.6
    },
    "controls/try_gan": {
      "cpu_seconds": 55.94,
      "peak_mb": 1069,
      "wall_seconds": 29.34
    },
    "controls/variants": {
      "cpu_seconds": 179.36,
      "peak_mb": 181,
      "wall_seconds": 92.71
    },
    "corpus": {
      "cpu_seconds": 119.27,
      "peak_mb": 179,
      "wall_seconds": 60.36
    },
    "counterpoint/compose": {
      "cpu_seconds": 175.88,
      "peak_mb": 823,
      "wall_seconds": 93.56
    },
    "counterpoint/evaluate": {
      "cpu_seconds": 19.77,
      "peak_mb": 647,
      "wall_seconds": 9.52
    },
    "counterpoint/hear": {
      "cpu_seconds": 183.59,
      "peak_mb": 1095,
      "wall_seconds": 93.99
    },
    "counterpoint/reinforce": {
      "cpu_seconds": 244.73,
      "peak_mb": 1212,
      "wall_seconds": 133.64
    },
    "counterpoint/scores": {
      "cpu_seconds": 37.75,
      "peak_mb": 173,
      "wall_seconds": 19.53
    },
    "counterpoint/train": {
      "cpu_seconds": 1150.68,
      "peak_mb": 1224,
      "wall_seconds": 590.82
    },
    "encode": {
      "cpu_seconds": 24.53,
      "peak_mb": 810,
      "wall_seconds": 12.27
    },
    "encode_genre": {
      "cpu_seconds": 36.42,
      "peak_mb": 823,
      "wall_seconds": 19.91
    },
    "evaluate_anchors": {
      "cpu_seconds": 54.96,
      "peak_mb": 1406,
      "wall_seconds": 27.81
    },
    "evaluate_diffusion": {
      "cpu_seconds": 18.97,
      "peak_mb": 1014,
      "wall_seconds": 8.82
    },
    "evaluate_finetune": {
      "cpu_seconds": 75.3,
      "peak_mb": 1336,
      "wall_seconds": 39.86
    },
    "evaluate_gan": {
      "cpu_seconds": 19.43,
      "peak_mb": 1020,
      "wall_seconds": 9.02
    },
    "finetune": {
      "cpu_seconds": 103.37,
      "peak_mb": 1301,
      "wall_seconds": 51.09
    },
    "genre": {
      "cpu_seconds": 124.6,
      "peak_mb": 193,
      "wall_seconds": 63.98
    },
    "genre_scores": {
      "cpu_seconds": 4.33,
      "peak_mb": 134,
      "wall_seconds": 2.2
    },
    "reference_corpus": {
      "cpu_seconds": 31.31,
      "peak_mb": 1596,
      "wall_seconds": 15.6
    },
    "reference_genre": {
      "cpu_seconds": 33.47,
      "peak_mb": 1914,
      "wall_seconds": 17.07
    },
    "sample_diffusion": {
      "cpu_seconds": 41.98,
      "peak_mb": 1525,
      "wall_seconds": 20.74
    },
    "sample_finetune": {
      "cpu_seconds": 32.91,
      "peak_mb": 996,
      "wall_seconds": 16.54
    },
    "sample_gan": {
      "cpu_seconds": 15.24,
      "peak_mb": 1511,
      "wall_seconds": 7.27
    },
    "scores": {
      "cpu_seconds": 6.27,
      "peak_mb": 137,
      "wall_seconds": 3.17
    },
    "scratch": {
      "cpu_seconds": 102.78,
      "peak_mb": 1294,
      "wall_seconds": 50.62
    },
    "train_codec": {
      "cpu_seconds": 204.81,
      "peak_mb": 2599,
      "wall_seconds": 111.98
    },
    "train_diffusion": {
      "cpu_seconds": 493.89,
      "peak_mb": 1253,
      "wall_seconds": 247.14
    },
    "train_gan": {
      "cpu_seconds": 573.48,
      "peak_mb": 1268,
      "wall_seconds": 324.45
    },
    "train_musika": {
      "cpu_seconds": 3.05,
      "peak_mb": 757,
      "wall_seconds": 0.06
    }
  }
};
