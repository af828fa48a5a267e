#!/usr/bin/env bash
# DVC 3.67.1: where a stage's deps and params are as dvc.lock has them, but the outs that this lock names are in no
# cache, `dvc repro` runs the command, although the run-cache holds the outs of the very same command, deps and params
# under other hashes. It asks the run-cache only where dvc.lock differs. So a clone that shares its cache with a
# finished run on the same machine makes everything again as soon as the committed lock was made on another machine
# whose arithmetic gave other bytes; with the lock file deleted the same `dvc repro` takes everything from the cache.
#
# Good guess: the run-cache is asked whenever outs are missing. Output seen:
#   with the lock of another machine: the command ran
#   without any lock:                 taken from the run-cache
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME="$folder/home" DVC_NO_ANALYTICS=1
mkdir "$HOME"
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check dvc==3.67.1
export PATH="$folder/env/bin:$PATH"
git config --global user.email nobody@example.org
git config --global user.name Nobody
git config --global init.defaultBranch main

# A project whose stage depends on one file, and a lock of "another machine": the same deps, other bytes of the out.
git init -q "$folder/first" && cd "$folder/first"
dvc init -q && dvc config core.analytics false
dvc cache dir "$folder/cache"
printf 'a\n' > dep
cat > dvc.yaml <<'YAML'
stages:
  make:
    cmd: echo here > out
    deps: [dep]
    outs: [out]
YAML
dvc repro -q
sed -i -E '/outs:/,$ s/(md5: )[0-9a-f]{32}/\10123456789abcdef0123456789abcdef/' dvc.lock
git add -A && git commit -qm "With the lock of another machine"

said() { grep -q "Running stage" "$1" && echo "the command ran" || echo "taken from the run-cache"; }
for each in lock none; do
    git clone -q "$folder/first" "$folder/$each" && cd "$folder/$each"
    [ "$each" = none ] && rm dvc.lock
    dvc repro > "$folder/$each.said" 2>&1
done
with=$(said "$folder/lock.said") without=$(said "$folder/none.said")
echo "with the lock of another machine: $with"
echo "without any lock:                 $without"
[ "$with" = "the command ran" ] && [ "$without" = "taken from the run-cache" ]
