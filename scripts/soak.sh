#!/usr/bin/env bash
# Kills and stops writers and readers at random moments of a long stream, and accounts
# for every byte.
#
#   scripts/soak.sh [SECONDS]
#
# 1200 seconds if none are given. A run that failed can be tried again with the
# HANDOFF_SEED that it printed.

set -euo pipefail

seconds=${1:-1200}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "usage: ${0##*/} [SECONDS]" >&2; exit 2; }
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

cargo build --workspace --bins
HANDOFF_SOAK_SECONDS=$seconds exec cargo test -p handoff-e2e --test soak -- --nocapture
