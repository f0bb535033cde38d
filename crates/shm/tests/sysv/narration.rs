//! Each system call is shown with its arguments and its result, for who wants to learn.

use std::cell::RefCell;
use std::sync::Once;

use handoff_shm::sysv::{Attach, HugePages, Key, Options, Segment, page_size};
use log::{LevelFilter, Log, Metadata, Record};

use crate::common::Temporary;

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what each thread says for itself.
struct Notes;

impl Log for Notes {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &Record<'_>) {
        SAID.with_borrow_mut(|said| said.push(record.args().to_string()));
    }
    fn flush(&self) {}
}

/// What is said meanwhile.
fn said<T>(body: impl FnOnce() -> T) -> (T, Vec<String>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Notes).expect("no other test has one");
        log::set_max_level(LevelFilter::Debug);
    });
    SAID.take();
    let result = body();
    (result, SAID.take())
}

#[test]
fn a_segments_life_is_shown_call_by_call() {
    let segment = Temporary::new(Options::new(1));
    let (id, key) = (segment.id(), segment.key());
    let size = 2 * page_size();
    let ((), lines) = said(|| {
        Options::new(size).mode(0o640).no_reserve(true).create(key).expect_err("it is there");
        let found = Segment::open(key, 0).expect("it is there");
        let attachment = found.attach().expect("our own");
        let address = attachment.address();
        found.attach_with(&Attach::new().read_only(true)).expect("our own");
        drop(attachment);
        found.set(0, 0, 0o600).expect("our own");
        found.remove().expect("our own");
        assert_ne!(address, 0);
    });
    let addresses: Vec<_> = lines.iter().filter_map(|it| it.split(" = 0x").nth(1)).collect();
    let [first, second] = addresses[..] else { panic!("two are attached: {lines:?}") };
    let expected = [
        format!(
            "shmget(key={key}, size={size}, IPC_CREAT|IPC_EXCL|SHM_NORESERVE|0640) = -1 EEXIST"
        ),
        format!("shmget(key={key}, size=0, 0) = {id}"),
        format!("shmat({id}) = 0x{first}"),
        format!("shmctl({id}, IPC_STAT) = 0"),
        format!("shmat({id}, NULL, SHM_RDONLY) = 0x{second}"),
        format!("shmctl({id}, IPC_STAT) = 0"),
        format!("shmdt(0x{second}) = 0"),
        format!("shmdt(0x{first}) = 0"),
        format!("shmctl({id}, IPC_SET, uid=0, gid=0, 0600) = 0"),
        format!("shmctl({id}, IPC_RMID) = 0"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn an_address_and_flags_are_shown_as_in_c() {
    let segment = Temporary::new(Options::new(1));
    let at = 0x20_0000_0000;
    let how = Attach::new().at(at + 1).round(true).read_only(true);
    let (attached, lines) = said(|| segment.attach_with(&how).expect("nothing is there"));
    let id = segment.id();
    let call = format!("shmat({id}, {:#x}, SHM_RDONLY|SHM_RND) = {at:#x}", at + 1);
    assert!(lines.contains(&call), "{lines:?}");
    drop(attached);
    for (pages, name) in [
        (HugePages::DEFAULT, "SHM_HUGETLB|"),
        (HugePages::MB_2, "SHM_HUGETLB|SHM_HUGE_2MB|"),
        (HugePages::KB_64, "SHM_HUGETLB|SHM_HUGE_64KB|"),
        (HugePages::GB_1, "SHM_HUGETLB|SHM_HUGE_1GB|"),
    ] {
        // Refused for its size, whatever pages there are.
        let options = Options::new(0).huge(pages);
        let (result, lines) = said(|| options.create(Key::PRIVATE));
        result.expect_err("of no bytes");
        let call = "shmget(key=IPC_PRIVATE, size=0, IPC_CREAT|IPC_EXCL|";
        assert_eq!(lines, [format!("{call}{name}0600) = -1 EINVAL")]);
    }
}

#[test]
fn to_say_what_an_error_means_is_no_call_of_the_programs() {
    let segment = Temporary::new(Options::new(100));
    let error = Segment::open(segment.key(), 101).expect_err("it has fewer");
    let ((meaning, advice), lines) = said(|| (error.meaning(), error.advice()));
    assert_eq!(meaning, "the segment of this key has fewer bytes");
    assert!(advice.expect("some").contains("100 bytes"));
    assert_eq!(lines, [""; 0]);
    let (_, lines) = said(|| segment.status());
    assert_eq!(lines.len(), 1, "later calls are shown again");
}
