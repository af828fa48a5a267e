"""Quality against effort, at the scale of params: work beside the pipeline, for the figures of the page.

`chaconne sweep evaluations` samples the workspace's models with more and more function evaluations;
`chaconne sweep training` trains them on parts of their steps, each part with a schedule of its own;
`chaconne sweep finetuning` does so with fine-tuning of the selected model, beside training from scratch.

metrics/sweeps/<sweep>.json is a list of points, <sweep>.tsv the same as a table. Keys of a point:
    generator                   as in params
    method                      how it was sampled: 'euler' or 'heun', '' for one that has no choice
    way                         of fine-tuning: 'fine-tuned', 'from scratch', 'fine-tuned, against the old corpus'
    evaluations                 calls of the network for one clip
    steps, train_examples       of the training
    fad {embedder: ...}, fad_infinity, kad, density, coverage, ...  the measures of a row of comparison.json
    intervals                   [low, high] of those, under the same paths
    key                         fingerprint of all that decides the above: a point with this key is not done again
    sample_seconds              of the clock, for all clips, decoder included
    train_cpu_seconds           of the clock, for the training; absent where the model came out of a cache
"""
