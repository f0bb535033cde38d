//! The kernel's and libc's structs and numbers, asked of the C headers.

use std::mem::offset_of;

use handoff_e2e::headers::expect_same_in_c;
use handoff_shm::dmabuf;
use handoff_shm::sysv::{self, HugePages};

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

/// Flags and commands: 32 bits, whatever the sign.
macro_rules! numbers_of {
    ($module:ident: $($name:ident),+) => {
        [$((stringify!($name), u64::from($module::$name as u32)),)+]
    };
}

fn dma_buf_facts() -> Vec<Fact> {
    use dmabuf::abi;
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

/// What the C library's header has of System V shared memory: ours and libc's.
fn sysv_facts() -> Vec<Fact> {
    use sysv::abi;
    let mut facts = Vec::new();
    facts.extend(numbers_of!(abi: SHM_DEST, SHM_LOCKED, SHM_STAT, SHM_INFO, SHM_STAT_ANY));
    facts.extend(numbers_of!(libc: IPC_PRIVATE, IPC_CREAT, IPC_EXCL));
    facts.extend(numbers_of!(libc: IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, SHM_LOCK, SHM_UNLOCK));
    facts.extend(numbers_of!(libc: SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC));
    facts.extend(numbers_of!(libc: SHM_HUGETLB, SHM_NORESERVE));
    facts.push(("SHMLBA", sysv::shmlba() as u64));
    facts.extend(facts_of!(abi::Shminfo, "struct shminfo": shmmax, shmmin, shmmni, shmseg, shmall));
    facts.extend(facts_of!(
        abi::ShmInfo,
        "struct shm_info": used_ids, shm_tot, shm_rss, shm_swp, swap_attempts, swap_successes
    ));
    facts.extend(facts_of!(
        libc::shmid_ds,
        "struct shmid_ds": shm_perm, shm_segsz, shm_atime, shm_dtime, shm_ctime, shm_cpid, shm_lpid, shm_nattch
    ));
    facts.extend(facts_of!(
        libc::ipc_perm,
        "struct ipc_perm": __key, uid, gid, cuid, cgid, mode, __seq
    ));
    facts.push(("sizeof(shmatt_t)", size_of::<libc::shmatt_t>() as u64));
    facts.push(("sizeof(key_t)", size_of::<libc::key_t>() as u64));
    facts
}

/// What the kernel's own header has alone: the sizes of huge pages.
fn huge_page_facts() -> Vec<Fact> {
    use sysv::abi;
    let mut facts = Vec::new();
    facts.extend(numbers_of!(abi: SHM_HUGE_SHIFT, SHM_HUGE_MASK, SHM_STAT, SHM_INFO, SHM_STAT_ANY));
    facts.extend(numbers_of!(abi: SHM_HUGE_64KB, SHM_HUGE_512KB, SHM_HUGE_1MB, SHM_HUGE_2MB));
    facts.extend(numbers_of!(abi: SHM_HUGE_8MB, SHM_HUGE_16MB, SHM_HUGE_32MB, SHM_HUGE_256MB));
    facts.extend(numbers_of!(abi: SHM_HUGE_512MB, SHM_HUGE_1GB, SHM_HUGE_2GB, SHM_HUGE_16GB));
    facts
}

#[test]
fn dma_bufs_are_those_of_the_c_headers() {
    let headers = ["linux/dma-buf.h", "linux/dma-heap.h", "linux/udmabuf.h"];
    expect_same_in_c(&headers, &dma_buf_facts());
}

#[test]
fn system_v_segments_are_those_of_the_c_headers() {
    expect_same_in_c(&["sys/shm.h"], &sysv_facts());
}

#[test]
fn huge_pages_are_those_of_the_c_headers() {
    // It has structs of the same names as the C library's: a program of its own.
    expect_same_in_c(&["linux/shm.h"], &huge_page_facts());
}

#[test]
fn sizes_of_huge_pages_are_told_as_the_numbers_say() {
    let by_number = |flag: i32| flag.cast_unsigned() >> sysv::abi::SHM_HUGE_SHIFT;
    for (pages, flag) in [
        (HugePages::KB_64, sysv::abi::SHM_HUGE_64KB),
        (HugePages::MB_2, sysv::abi::SHM_HUGE_2MB),
        (HugePages::MB_32, sysv::abi::SHM_HUGE_32MB),
        (HugePages::GB_1, sysv::abi::SHM_HUGE_1GB),
    ] {
        assert_eq!(pages.bytes(), Some(1 << by_number(flag)));
        assert_eq!(HugePages::of(1 << by_number(flag)), Some(pages));
    }
    assert_eq!(HugePages::DEFAULT.bytes(), None);
    assert_eq!([0, 1, 3, (2 << 20) + 1].map(HugePages::of), [None; 4]);
}
