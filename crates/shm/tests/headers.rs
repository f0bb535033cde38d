//! The kernel's structs and request numbers, asked of the C headers.

use std::fs;
use std::mem::offset_of;
use std::path::PathBuf;
use std::process::Command;

use handoff_shm::dmabuf::abi;

/// A name, and what it is in C.
type Fact = (&'static str, u64);

macro_rules! facts_of {
    ($rust:ty, $c:literal: $($field:ident),+) => {
        [
            (concat!("sizeof(", $c, ")"), size_of::<$rust>() as u64),
            $((
                concat!("offsetof(", $c, ", ", stringify!($field), ")"),
                offset_of!($rust, $field) as u64,
            ),)+
        ]
    };
}

fn facts() -> Vec<Fact> {
    let mut facts = vec![
        ("DMA_BUF_IOCTL_SYNC", abi::DMA_BUF_IOCTL_SYNC),
        ("DMA_HEAP_IOCTL_ALLOC", abi::DMA_HEAP_IOCTL_ALLOC),
        ("UDMABUF_CREATE", abi::UDMABUF_CREATE),
        ("DMA_BUF_SYNC_READ", abi::DMA_BUF_SYNC_READ),
        ("DMA_BUF_SYNC_WRITE", abi::DMA_BUF_SYNC_WRITE),
        ("DMA_BUF_SYNC_START", 0),
        ("DMA_BUF_SYNC_END", abi::DMA_BUF_SYNC_END),
        ("UDMABUF_FLAGS_CLOEXEC", u64::from(abi::UDMABUF_FLAGS_CLOEXEC)),
    ];
    facts.extend(facts_of!(abi::Sync, "struct dma_buf_sync": flags));
    facts.extend(
        facts_of!(abi::HeapAllocation, "struct dma_heap_allocation_data": len, fd, fd_flags, heap_flags),
    );
    facts
        .extend(facts_of!(abi::UdmabufCreate, "struct udmabuf_create": memfd, flags, offset, size));
    facts
}

/// What the C compiler says of each.
fn in_c(facts: &[Fact]) -> Vec<u64> {
    let lines: String = facts
        .iter()
        .map(|(name, _)| format!("    printf(\"%llu\\n\", (unsigned long long)({name}));\n"))
        .collect();
    let program = format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include <linux/dma-buf.h>\n\
         #include <linux/dma-heap.h>\n#include <linux/udmabuf.h>\n\
         int main(void) {{\n{lines}    return 0;\n}}\n"
    );
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, binary) = (directory.join("headers.c"), directory.join("headers"));
    fs::write(&source, program).expect("cargo's own directory");
    let status = Command::new("cc").arg("-o").arg(&binary).arg(&source).status();
    assert!(status.expect("a C compiler").success(), "the C headers have all of these names");
    let output = Command::new(&binary).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("numbers");
    text.lines().map(|line| line.parse().expect("a number")).collect()
}

#[test]
fn structs_and_request_numbers_are_those_of_the_c_headers() {
    let facts = facts();
    let in_c: Vec<Fact> = facts.iter().map(|(name, _)| *name).zip(in_c(&facts)).collect();
    assert_eq!(facts, in_c);
}
