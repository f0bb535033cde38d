//! shmat(2) and shmdt(2): where a segment comes to be, and what can be done there.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::Ordering::Relaxed;

use crate::common::{Temporary, argument, child, errno};
use handoff_shm::sysv::{
    Attach, Attachment, BadAddress, Error, Options, Segment, page_size, shmlba,
};

/// Where there is nothing, for all that we know of a process's layout: below any program.
fn free_address(index: usize) -> usize {
    0x10_0000_0000 + index * 0x1000_0000
}

fn options() -> Options {
    Options::new(2 * page_size())
}

/// The start of each mapping of this process, and its line.
fn maps() -> Vec<(usize, String)> {
    let maps = fs::read_to_string("/proc/self/maps").expect("a process sees its own");
    let start = |line: &str| usize::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
    maps.lines().map(|line| (start(line), line.to_owned())).collect()
}

fn line_of(attachment: &Attachment) -> String {
    let maps = maps();
    let line = maps.iter().find(|(start, _)| *start == attachment.address());
    line.expect("it is mapped").1.clone()
}

#[test]
fn without_an_address_it_comes_between_the_heap_and_the_stack() {
    let segment = Temporary::new(options());
    let attachment = segment.attach().expect("our own");
    let line = line_of(&attachment);
    assert!(line.contains(" rw-s ") && line.contains("/SYSV"), "{line}");
    assert!(line.contains(&format!(" {} ", segment.id())), "the id is the inode: {line}");
    let of = |name| maps().into_iter().find(|(_, line)| line.ends_with(name)).map(|(at, _)| at);
    if let (Some(heap), Some(stack)) = (of("[heap]"), of("[stack]")) {
        assert!((heap..stack).contains(&attachment.address()), "{line}");
    }
    assert!(attachment.address().is_multiple_of(page_size()));
}

#[test]
fn an_address_of_ones_own_is_taken_exactly_or_rounded_down() {
    let segment = Temporary::new(options());
    let address = free_address(1);
    let exact = segment.attach_with(&Attach::new().at(address)).expect("nothing is there");
    assert_eq!(exact.address(), address);
    exact.detach().expect("it is attached");

    let odd = Attach::new().at(address + 5);
    let error = segment.attach_with(&odd).expect_err("not at the start of a page");
    assert_eq!(error.errno(), libc::EINVAL);
    assert!(error.meaning().contains("SHMLBA"), "{}", error.meaning());
    assert!(error.advice().expect("some").contains(&shmlba().to_string()));
    let rounded = segment.attach_with(&odd.round(true)).expect("nothing is there");
    assert_eq!(rounded.address(), address);
}

#[test]
fn what_is_mapped_already_is_never_replaced() {
    let segment = Temporary::new(options());
    let first = segment.attach().expect("our own");
    first.store_u32(0, 17, Relaxed);
    let at_pages = [first.address(), first.address() + page_size(), first.address() - page_size()];
    for address in at_pages {
        let error = segment.attach_with(&Attach::new().at(address)).expect_err("it is taken");
        assert_eq!(error.errno(), libc::EINVAL);
        assert_eq!(error.meaning(), "something is mapped there already, or nothing can be");
    }
    // Nor what is not shared memory: here the code that runs.
    let (code, _) = maps().into_iter().find(|(_, line)| line.contains(" r-xp ")).expect("some");
    assert_eq!(errno(segment.attach_with(&Attach::new().at(code))), libc::EINVAL);
    assert_eq!(first.load_u32(0, Relaxed), 17);
    assert_eq!(segment.status().expect("our own").attachments, 1);
}

#[test]
fn an_address_that_rounds_to_0_is_refused_though_root_might_map_it() {
    let segment = Temporary::new(options());
    for address in [1, page_size() - 1] {
        let how = Attach::new().at(address).round(true);
        let error = segment.attach_with(&how).expect_err("page 0 is nobody's");
        assert!(matches!(error, Error::Address { source: BadAddress::Zero, .. }), "{error:?}");
        assert_eq!(error.errno(), libc::EINVAL);
    }
    assert_eq!(segment.status().expect("our own").last_pid, 0, "the kernel was not asked");
}

#[test]
fn the_room_that_the_stack_grows_into_is_refused() {
    let segment = Temporary::new(options());
    let (stack, _) = maps().into_iter().find(|(_, line)| line.ends_with("[stack]")).expect("one");
    // Just below it, and as far away as the kernel's guard gap.
    for pages in [2, 3, 200, 257] {
        let how = Attach::new().at(stack - pages * page_size());
        let error = segment.attach_with(&how).expect_err("the stack may need it");
        assert!(matches!(error, Error::Address { source: BadAddress::Stack, .. }), "{error:?}");
    }
    assert_eq!(segment.status().expect("our own").attachments, 0);
    // Well below, it is as good as any other.
    let below = Attach::new().at(stack - (2 << 30));
    match segment.attach_with(&below) {
        Ok(attachment) => assert_eq!(attachment.address(), stack - (2 << 30)),
        Err(error) => assert!(matches!(error, Error::Attach { .. }), "it is taken: {error:?}"),
    }
}

#[test]
fn one_process_attaches_a_segment_several_times() {
    let segment = Temporary::new(options());
    let writable = segment.attach().expect("our own");
    let readable = segment.attach_with(&Attach::new().read_only(true)).expect("our own");
    assert_ne!(writable.address(), readable.address());
    assert_eq!((writable.is_read_only(), readable.is_read_only()), (false, true));
    assert!(line_of(&readable).contains(" r--s "));
    writable.store_u64(8, 0x0123_4567_89ab_cdef, Relaxed);
    assert_eq!(readable.load_u64(8, Relaxed), 0x0123_4567_89ab_cdef);
    assert_eq!(segment.status().expect("our own").attachments, 2);
    drop(writable);
    assert_eq!(segment.status().expect("our own").attachments, 1);
    readable.detach().expect("it is attached");
    assert_eq!(segment.status().expect("our own").attachments, 0);
}

#[test]
fn what_is_detached_stays_for_the_next_one() {
    let segment = Temporary::new(options());
    segment.attach().expect("our own").write(100, b"still there");
    let mut text = [0; 11];
    segment.attach().expect("our own").read(100, &mut text);
    assert_eq!(&text, b"still there");
}

#[test]
#[should_panic(expected = "read-only attachment")]
fn a_store_through_a_read_only_attachment_is_a_panic() {
    let segment = Temporary::new(options());
    let readable = segment.attach_with(&Attach::new().read_only(true)).expect("our own");
    readable.store_u8(0, 1, Relaxed);
}

#[test]
fn a_store_that_is_not_checked_is_a_sigsegv_there_and_works_elsewhere() {
    let segment = Temporary::new(options());
    let status =
        child("attach::pokes_through_a_read_only_attachment", segment.id()).output().expect("runs");
    assert_eq!(status.status.signal(), Some(libc::SIGSEGV), "{status:?}");
    let writable = segment.attach().expect("our own");
    assert_eq!(writable.load_u8(9, Relaxed), 0);
    writable.poke(9, 77);
    assert_eq!(writable.load_u8(9, Relaxed), 77);
}

#[test]
#[ignore = "the other process of a test"]
fn pokes_through_a_read_only_attachment() {
    let Some(id) = argument() else { return };
    // Nobody wants to look at what it leaves.
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0).expect("less");
    let segment = Segment::from_id(id.parse().expect("a number"));
    let readable = segment.attach_with(&Attach::new().read_only(true)).expect("our parent's");
    assert_eq!(readable.load_u8(9, Relaxed), 0, "it can be read");
    readable.poke(9, 77);
}

#[test]
fn an_id_that_there_is_not_is_told_from_a_bad_address() {
    let gone = Temporary::new(options());
    gone.remove().expect("our own");
    for how in [Attach::new(), Attach::new().at(free_address(2))] {
        let error = gone.attach_with(&how).expect_err("it is gone");
        let known =
            ["no segment has this id, or no more", "the segment is removed, or just being removed"];
        assert!(known.contains(&error.meaning()), "{}", error.meaning());
    }
    assert_eq!(errno(Segment::from_id(-1).attach()), libc::EINVAL);
}
