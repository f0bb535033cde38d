/* The exchange of crates/proto/src/layout.rs, for C. */

#ifndef EXCHANGE_H
#define EXCHANGE_H

// ANCHOR: exchange
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

struct header {
    alignas(64) _Atomic uint64_t magic;
    _Atomic uint32_t writer;
    _Atomic uint32_t reader;
};

struct slot {
    alignas(64) _Atomic uint32_t written;
    _Atomic uint32_t len;
    _Atomic uint64_t text[256];
};
// ANCHOR_END: exchange

#endif
