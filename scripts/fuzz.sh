#!/usr/bin/env bash
# Fuzzes the exchange with crates/fuzz for a while: arbitrary bytes, arbitrary changes
# between the steps of receiver and sender. With AddressSanitizer.
#
#   scripts/fuzz.sh [SECONDS]      60 if not given
#
# Starts from the corpus that is kept, which grows only by hand: what a run finds new is
# put into target/fuzz/corpus. Exit status 1 if a fault is found; its input is then in
# target/fuzz/artifacts. Without a nightly compiler or a C++ compiler: a sentence, and 0.

set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
seconds=${1-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: scripts/fuzz.sh [SECONDS]" >&2; exit 2; }
host=x86_64-unknown-linux-gnu
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")/fuzz
kept=crates/fuzz/fuzz/corpus/drive

skip() {
    echo "SKIP fuzz: $1"
    [[ -z ${HANDOFF_SKIP_LOG-} ]] || echo "SKIP fuzz: $1" >>"$HANDOFF_SKIP_LOG"
    exit 0
}
[[ $(uname -m) == x86_64 ]] || skip 'the fuzzer is set up for x86_64 only'
cargo +nightly --version >/dev/null 2>&1 || skip 'needs a nightly compiler (rustup toolchain install nightly)'
command -v c++ >/dev/null || skip 'needs a C++ compiler, for libFuzzer'

# What cargo-fuzz would pass, so that it is not needed.
flags=(
    --cfg fuzzing
    -Zsanitizer=address
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    -Ccodegen-units=1
    -Cdebug-assertions=on
    -Coverflow-checks=on
)
CARGO_TARGET_DIR=$target RUSTFLAGS=${flags[*]} cargo +nightly build --quiet --release \
    --target "$host" --manifest-path crates/fuzz/fuzz/Cargo.toml

mkdir -p "$target/corpus" "$target/artifacts"
# A wait that sleeps would be a fault of its own: nobody is there to wake it.
"$target/$host/release/drive" "$target/corpus" "$kept" \
    -max_total_time="$seconds" -timeout=10 -max_len=400 -rss_limit_mb=2048 \
    -artifact_prefix="$target/artifacts/" -print_final_stats=1 -verbosity=1 \
    2>"$target/log" || { tail -n 60 "$target/log" >&2; exit 1; }
runs=$(awk '/number_of_executed_units/ { print $2 }' "$target/log")
echo "fuzz: $runs runs in $seconds s, no fault"
