//! Who may do what: other users, modes, and the right to lock. Needs root, who becomes them.

use std::sync::atomic::Ordering::Relaxed;

use crate::common::{Temporary, argument, child_of_another_user, done, errno, expect_done};
use handoff_e2e::Scratch;
use handoff_e2e::skip::is_root_or_skips;
use handoff_shm::sysv::{Attach, Key, Options, Segment, page_size, segments};

/// Runs a child as another user, on a segment of ours with this mode.
fn another_user_meets(mode: u32, child: &str, wrappers: &[&str]) -> Option<Temporary> {
    if !is_root_or_skips() {
        return None;
    }
    let scratch = Scratch::new();
    let segment = Temporary::new(Options::new(2 * page_size()).mode(mode));
    segment.attach().expect("our own").store_u32(0, 17, Relaxed);
    let argument = format!("{} {}", segment.id(), segment.key().get());
    expect_done(child_of_another_user(&scratch, wrappers, &format!("users::{child}"), argument));
    Some(segment)
}

/// In the child: that segment, and its key.
fn met() -> Option<(Segment, Key)> {
    let argument = argument()?;
    let (id, key) = argument.split_once(' ').expect("two numbers");
    let number = |text: &str| text.parse().expect("a number");
    Some((Segment::from_id(number(id)), Key::new(number(key))))
}

#[test]
fn with_0666_another_user_reads_and_writes() {
    if let Some(segment) = another_user_meets(0o666, "reads_and_writes", &[]) {
        assert_eq!(segment.attach().expect("our own").load_u32(0, Relaxed), 18);
    }
}

#[test]
#[ignore = "the other process of a test"]
fn reads_and_writes() {
    let Some((segment, key)) = met() else { return };
    assert_eq!(Segment::open(key, 0).expect("a key asks for no permission"), segment);
    let attachment = segment.attach().expect("anybody may");
    assert_eq!(attachment.load_u32(0, Relaxed), 17);
    attachment.store_u32(0, 18, Relaxed);
    done();
}

#[test]
fn with_0600_another_user_can_do_nothing_and_is_told_why() {
    if let Some(segment) = another_user_meets(0o600, "can_do_nothing", &[]) {
        let attachment = segment.attach().expect("our own");
        assert_eq!(attachment.load_u32(0, Relaxed), 17);
        let status = segment.status().expect("our own");
        assert_eq!((status.mode, status.is_removed, status.is_locked), (0o600, false, false));
    }
}

#[test]
#[ignore = "the other process of a test"]
fn can_do_nothing() {
    let Some((segment, key)) = met() else { return };
    for how in [Attach::new(), Attach::new().read_only(true)] {
        let error = segment.attach_with(&how).expect_err("0600");
        assert_eq!(error.errno(), libc::EACCES);
        assert!(error.meaning().contains("its mode denies us to read it"));
        let advice = error.advice().expect("some");
        assert!(advice.contains("0600") && advice.contains("root"), "{advice}");
    }
    let error = segment.status().expect_err("0600");
    assert_eq!((error.errno(), error.meaning()), (libc::EACCES, "its mode denies us to read it"));
    let error = segment.set(65_534, 65_534, 0o666).expect_err("not ours");
    assert_eq!(error.errno(), libc::EPERM);
    assert_eq!(error.meaning(), "only its owner, its creator and CAP_SYS_ADMIN may do that");
    assert_eq!(error.advice().as_deref(), Some("root owns it and made it"));
    assert_eq!(errno(segment.remove()), libc::EPERM);
    let error = segment.lock().expect_err("not ours");
    assert_eq!(error.errno(), libc::EPERM);
    assert_eq!(error.advice().as_deref(), Some("root owns it and made it"));
    assert_eq!(errno(segment.unlock()), libc::EPERM);
    let error = Options::new(1).open_or_create(key).expect_err("it asks for 0600 as well");
    assert_eq!(error.errno(), libc::EACCES);
    assert!(error.meaning().contains("grants us less"), "{}", error.meaning());
    // The list of all shows it all the same.
    let (_, status) = segments().expect("anybody may").find(|(it, _)| *it == segment).expect("one");
    assert_eq!((status.owner, status.mode, status.size), (0, 0o600, 2 * page_size()));
    done();
}

#[test]
fn with_0644_another_user_reads_alone() {
    another_user_meets(0o644, "reads_alone", &[]);
}

#[test]
#[ignore = "the other process of a test"]
fn reads_alone() {
    let Some((segment, _)) = met() else { return };
    let error = segment.attach().expect_err("to write, too");
    assert_eq!(error.errno(), libc::EACCES);
    assert!(error.advice().expect("some").contains("read alone"));
    let readable = segment.attach_with(&Attach::new().read_only(true)).expect("0644");
    assert_eq!(readable.load_u32(0, Relaxed), 17);
    let executable = Attach::new().read_only(true).execute(true);
    let error = segment.attach_with(&executable).expect_err("nobody may");
    assert_eq!(error.errno(), libc::EACCES);
    assert!(error.advice().expect("some").contains("SHM_EXEC"));
    done();
}

#[test]
fn with_execution_in_its_mode_it_can_be_attached_to_execute() {
    another_user_meets(0o655, "executes", &[]);
}

#[test]
#[ignore = "the other process of a test"]
fn executes() {
    let Some((segment, _)) = met() else { return };
    let how = Attach::new().read_only(true).execute(true);
    let attachment = segment.attach_with(&how).expect("0655");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("a process sees its own");
    let line = maps.lines().find(|line| line.starts_with(&format!("{:x}-", attachment.address())));
    assert!(line.expect("it is mapped").contains(" r-xs "), "{line:?}");
    assert!(attachment.is_executable());
    done();
}

#[test]
fn an_owner_has_all_rights_but_that_to_lock_more_than_a_limit() {
    for (limit, child) in [("0", "may_lock_nothing"), ("4096", "may_lock_a_page")] {
        if !is_root_or_skips() {
            return;
        }
        let scratch = Scratch::new();
        let limit = format!("--memlock={limit}");
        expect_done(child_of_another_user(
            &scratch,
            &["prlimit", &limit],
            &format!("users::{child}"),
            "",
        ));
    }
}

#[test]
#[ignore = "the other process of a test"]
fn may_lock_nothing() {
    let Some(_) = argument() else { return };
    let error = Temporary::new(Options::new(1)).lock().expect_err("RLIMIT_MEMLOCK is 0");
    assert_eq!(error.errno(), libc::EPERM);
    assert!(error.meaning().contains("not if RLIMIT_MEMLOCK is 0"), "{}", error.meaning());
    assert!(error.advice().expect("some").contains("ulimit -l"));
    done();
}

#[test]
#[ignore = "the other process of a test"]
fn may_lock_a_page() {
    let Some(_) = argument() else { return };
    let small = Temporary::new(Options::new(page_size()));
    small.lock().expect("one page");
    let error = Temporary::new(Options::new(1)).lock().expect_err("one page more");
    assert_eq!(error.errno(), libc::ENOMEM);
    assert_eq!(error.meaning(), "it is more than we may lock (RLIMIT_MEMLOCK)");
    let advice = error.advice().expect("some");
    assert!(advice.contains("RLIMIT_MEMLOCK is 4096 bytes"), "{advice}");
    small.unlock().expect("our own");
    Temporary::new(Options::new(1)).lock().expect("there is room again");
    done();
}
