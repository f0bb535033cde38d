//! Huge pages: SHM_HUGETLB with the machine's sizes and others.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

use crate::common::{Temporary, argument, child, child_of_another_user, done, expect_done};
use handoff_e2e::Scratch;
use handoff_e2e::skip::{is_root_or_skips, skip};
use handoff_shm::sysv::{Attach, BadAddress, Error, HugePages, Options, Segment, page_size};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::resource::{Resource, getrlimit};

const SIZE: u64 = 2 << 20;

fn directory(bytes: u64) -> PathBuf {
    PathBuf::from(format!("/sys/kernel/mm/hugepages/hugepages-{}kB", bytes / 1024))
}

/// Huge pages of 2 MiB more than there were; taken back on drop.
struct More {
    count: u64,
    /// Who else adds pages on this machine waits.
    _alone: Flock<File>,
}

impl More {
    /// So many more, or it has been reported as skipped why not.
    fn new_or_skips(count: u64) -> Option<Self> {
        if !is_root_or_skips() {
            return None;
        }
        let Ok(file) = File::open(directory(SIZE)) else {
            skip("this machine has no huge pages of 2 MiB");
            return None;
        };
        let alone = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno);
        let free = Self::number("free_hugepages");
        let more = Self { count, _alone: alone.expect("a lock can be had") };
        Self::set(Self::number("nr_hugepages") + count);
        if Self::number("free_hugepages") < free + count {
            skip("the kernel finds no memory for huge pages");
            return None;
        }
        Some(more)
    }

    fn number(name: &str) -> u64 {
        let text = fs::read_to_string(directory(SIZE).join(name)).expect("it is there");
        text.trim().parse().expect("a number")
    }

    fn set(count: u64) {
        // Fewer are made if there is no memory for them.
        let _ = fs::write(directory(SIZE).join("nr_hugepages"), count.to_string());
    }
}

impl Drop for More {
    fn drop(&mut self) {
        Self::set(Self::number("nr_hugepages").saturating_sub(self.count));
    }
}

fn of_huge_pages(size: usize) -> Result<Temporary, Error> {
    Temporary::try_new(Options::new(size).huge(HugePages::MB_2))
}

/// In `/proc/self/smaps`, of the mapping at this address: bytes.
fn in_smaps(address: usize, name: &str) -> u64 {
    let smaps = fs::read_to_string("/proc/self/smaps").expect("a process sees its own");
    let start = format!("{address:x}-");
    let lines = smaps.lines().skip_while(|line| !line.starts_with(&start));
    let line = lines.into_iter().find(|line| line.starts_with(name)).expect("it is mapped");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse::<u64>().expect("a number") * 1024
}

#[test]
fn a_segment_has_pages_of_the_size_asked_for() {
    let Some(_more) = More::new_or_skips(1) else { return };
    let segment = of_huge_pages(5000).expect("a page is free");
    let attachment = segment.attach().expect("our own");
    assert_eq!(in_smaps(attachment.address(), "KernelPageSize:"), SIZE);
    assert_eq!(in_smaps(attachment.address(), "Size:"), SIZE);
    // The size stays exact, and what is reached is what is certain.
    let status = segment.status().expect("our own");
    assert_eq!((status.size, status.mode), (5000, 0o600));
    assert_eq!((attachment.len(), attachment.mapped_len()), (5000, 2 * page_size()));
    attachment.store_u32(4096, 17, Relaxed);
    assert_eq!(segment.attach().expect("our own").load_u32(4096, Relaxed), 17);
    // Where nothing is asked for, pages are the usual ones.
    let usual = Temporary::new(Options::new(5000));
    let attachment = usual.attach().expect("our own");
    assert_eq!(in_smaps(attachment.address(), "KernelPageSize:"), page_size() as u64);
}

#[test]
fn without_free_pages_it_is_enomem_and_with_no_such_size_einval() {
    if !is_root_or_skips() {
        return;
    }
    if !directory(SIZE).exists() {
        return skip("this machine has no huge pages of 2 MiB");
    }
    // More than any machine has.
    let error = of_huge_pages(1 << 45).map(|_| ()).expect_err("there are not so many");
    assert_eq!(error.errno(), libc::ENOMEM);
    assert_eq!(error.meaning(), "there are not so many free huge pages (vm.nr_hugepages)");
    let advice = error.advice().expect("some");
    assert!(advice.contains("of 2048 KiB are free"), "{advice}");
    let size = (12..40).map(|log2| 1 << log2).find(|&size| !directory(size).exists());
    let pages = HugePages::of(size.expect("no machine has all sizes"));
    let error = Temporary::try_new(Options::new(1).huge(pages)).map(|_| ()).expect_err("no such");
    assert_eq!(error.errno(), libc::EINVAL);
    assert_eq!(error.meaning(), "this machine has no huge pages of that size");
    assert!(error.advice().expect("some").contains("/sys/kernel/mm/hugepages"));
}

#[test]
fn who_may_not_have_them_gets_eperm() {
    if !is_root_or_skips() {
        return;
    }
    if !directory(SIZE).exists() {
        return skip("this machine has no huge pages of 2 MiB");
    }
    let scratch = Scratch::new();
    // Older kernels let everybody have as many as may be locked.
    let wrappers = ["prlimit", "--memlock=0"];
    expect_done(child_of_another_user(&scratch, &wrappers, "huge::may_not_have_them", ""));
}

#[test]
#[ignore = "the other process of a test"]
fn may_not_have_them() {
    let Some(_) = argument() else { return };
    let error = of_huge_pages(1).map(|_| ()).expect_err("no right to them");
    assert_eq!(error.errno(), libc::EPERM);
    assert!(error.meaning().contains("vm.hugetlb_shm_group"));
    assert!(error.advice().expect("some").contains("vm.hugetlb_shm_group"));
    done();
}

#[test]
fn the_stack_is_left_what_a_huge_page_would_take_of_it() {
    let Some(_more) = More::new_or_skips(1) else { return };
    let segment = of_huge_pages(1).expect("a page is free");
    let maps = fs::read_to_string("/proc/self/maps").expect("a process sees its own");
    let stack = maps.lines().find(|line| line.ends_with("[stack]")).expect("one");
    let end = stack.split(['-', ' ']).nth(1).expect("two addresses");
    let end = usize::from_str_radix(end, 16).expect("a number");
    let (soft, _) = getrlimit(Resource::RLIMIT_STACK).expect("a limit");
    if soft > 1 << 30 {
        return skip("this stack has no limit");
    }
    // The last place for one byte, where two mebibytes of it are too many.
    let reach = end - soft as usize - 256 * page_size();
    let start = (reach - page_size()) / SIZE as usize * SIZE as usize;
    let attached = segment.attach_with(&Attach::new().at(start));
    if start + SIZE as usize > reach {
        let error = attached.expect_err("the stack may need it");
        assert!(matches!(error, Error::Address { source: BadAddress::Stack, .. }), "{error:?}");
    }
    let lower = Attach::new().at(start - SIZE as usize);
    assert_eq!(segment.attach_with(&lower).expect("nothing is there").len(), 1);
}

#[test]
fn an_attachment_that_the_kernel_only_half_replaced_is_given_up() {
    let Some(_more) = More::new_or_skips(1) else { return };
    let huge = of_huge_pages(SIZE as usize).expect("a page is free");
    expect_done(child("huge::gives_it_up", huge.id()));
    assert_eq!(huge.status().expect("our own").attachments, 0);
}

#[test]
#[ignore = "the other process of a test"]
fn gives_it_up() {
    let Some(id) = argument() else { return };
    let huge = Segment::from_id(id.parse().expect("a number"));
    let small = Temporary::new(Options::new(1));
    let mut attachment = huge.attach().expect("our parent's");
    let error = attachment.replace(&small, &Attach::new()).expect_err("not in part");
    assert!(matches!(error, Error::Replace { .. }), "{error:?}");
    assert!(error.meaning().contains("huge pages"), "{}", error.meaning());
    assert_eq!((attachment.len(), attachment.mapped_len()), (0, 0));
    let error = attachment.replace(&small, &Attach::new()).expect_err("it has no place any more");
    assert_eq!(error.meaning(), "the attachment to be replaced has fewer pages");
    let attachment = handoff_shm::sysv::Writable::try_from(attachment).expect_err("of no use");
    attachment.detach().expect("nothing to be done");
    done();
}
