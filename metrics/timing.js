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
      "cpu_seconds": 238.81,
      "peak_mb": 1396,
      "wall_seconds": 124.36
    },
    "accompaniment/encode_voices": {
      "cpu_seconds": 77.62,
      "peak_mb": 815,
      "wall_seconds": 41.7
    },
    "accompaniment/evaluate": {
      "cpu_seconds": 111.3,
      "peak_mb": 1022,
      "wall_seconds": 56.27
    },
    "accompaniment/train": {
      "cpu_seconds": 952.61,
      "peak_mb": 1352,
      "wall_seconds": 480.27
    },
    "accompaniment/voices": {
      "cpu_seconds": 345.91,
      "peak_mb": 177,
      "wall_seconds": 178.96
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
      "cpu_seconds": 127.43,
      "peak_mb": 966,
      "wall_seconds": 64.57
    },
    "controls/evaluate": {
      "cpu_seconds": 418.25,
      "peak_mb": 1655,
      "wall_seconds": 218.61
    },
    "controls/known": {
      "cpu_seconds": 7.98,
      "peak_mb": 1700,
      "wall_seconds": 4.89
    },
    "controls/steer_diffusion": {
      "cpu_seconds": 1231.14,
      "peak_mb": 1324,
      "wall_seconds": 620.72
    },
    "controls/steer_gan": {
      "cpu_seconds": 1763.33,
      "peak_mb": 1408,
      "wall_seconds": 891.25
    },
    "controls/try_diffusion": {
      "cpu_seconds": 619.51,
      "peak_mb": 1086,
      "wall_seconds": 316.26
    },
    "controls/try_gan": {
      "cpu_seconds": 140.76,
      "peak_mb": 1105,
      "wall_seconds": 75.01
    },
    "controls/variants": {
      "cpu_seconds": 348.95,
      "peak_mb": 181,
      "wall_seconds": 180.72
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
      "cpu_seconds": 192.09,
      "peak_mb": 1349,
      "wall_seconds": 99.25
    },
    "evaluate_gan": {
      "cpu_seconds": 49.9,
      "peak_mb": 1004,
      "wall_seconds": 23.74
    },
    "finetune": {
      "cpu_seconds": 412.08,
      "peak_mb": 1361,
      "wall_seconds": 206.15
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
      "cpu_seconds": 111.31,
      "peak_mb": 1289,
      "wall_seconds": 57.47
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
      "cpu_seconds": 7.7,
      "peak_mb": 744,
      "wall_seconds": 0.19
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
      "cpu_seconds": 8.27,
      "peak_mb": 755,
      "wall_seconds": 0.21
    }
  }
};
