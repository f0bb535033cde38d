//! How much there may be: the limits, and the error that each one gives. Every test has an IPC
//! namespace, and so limits, of its own.

use std::fs;
use std::process::Command;

use crate::common::{Temporary, key_of};
use handoff_e2e::TestKey;
use handoff_e2e::isolated::{has_own_segments_or_skips, limit};
use handoff_shm::sysv::{Error, Limits, Options, limits, page_size, usage};

const TOO_LARGE: &str =
    "a segment may not have so many bytes (kernel.shmmax, or what any file may have)";

fn refusal(size: usize) -> Error {
    Temporary::try_new(Options::new(size)).map(|_| ()).expect_err("the limit forbids it")
}

#[test]
fn the_limits_are_those_that_sysctl_sets() {
    if !has_own_segments_or_skips() {
        return;
    }
    let file = |name: &str| -> u64 {
        let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).expect("a limit");
        text.trim().parse().expect("a number")
    };
    let expected = |max_bytes, max_segments, max_pages| Limits {
        max_bytes,
        min_bytes: 1,
        max_segments,
        max_per_process: max_segments,
        max_pages,
    };
    let asked = limits().expect("they can be asked");
    assert_eq!(asked, expected(file("shmmax"), file("shmmni"), file("shmall")));
    for (name, value) in [("shmmax", 123_456), ("shmmni", 7), ("shmall", 89)] {
        limit(name, value);
    }
    assert_eq!(limits().expect("they can be asked"), expected(123_456, 7, 89));
}

#[test]
fn more_bytes_than_a_segment_may_have() {
    if !has_own_segments_or_skips() {
        return;
    }
    limit("shmmax", 5000);
    let error = refusal(5001);
    assert_eq!(error.errno(), libc::EINVAL);
    assert_eq!(error.meaning(), TOO_LARGE);
    assert!(error.advice().expect("some").contains("5000 bytes"));
    Temporary::new(Options::new(5000));
}

#[test]
fn more_bytes_than_any_file_may_have() {
    let error = refusal(usize::MAX / 2 + 1);
    assert_eq!((error.errno(), error.meaning()), (libc::EINVAL, TOO_LARGE));
}

#[test]
fn more_segments_than_there_may_be() {
    if !has_own_segments_or_skips() {
        return;
    }
    limit("shmmni", 2);
    let _two = [1, 1].map(|size| Temporary::new(Options::new(size)));
    let error = refusal(1);
    assert_eq!(error.errno(), libc::ENOSPC);
    let advice = error.advice().expect("some");
    assert!(advice.contains("kernel.shmmni allows 2 segments"), "{advice}");
}

#[test]
fn more_pages_than_there_may_be() {
    if !has_own_segments_or_skips() {
        return;
    }
    limit("shmall", 3);
    let _two_pages = Temporary::new(Options::new(page_size() + 1));
    let error = refusal(page_size() + 1);
    assert_eq!(error.errno(), libc::ENOSPC);
    assert!(error.meaning().contains("kernel.shmall"));
    let advice = error.advice().expect("some");
    let words = "kernel.shmall allows 3 pages, 2 are taken, and this needs 2";
    assert!(advice.contains(words), "{advice}");
    Temporary::new(Options::new(page_size()));
}

#[test]
fn more_memory_than_may_be_promised() {
    if !has_own_segments_or_skips() {
        return;
    }
    // More than any machine has, and less than any limit.
    let error = refusal(1 << 46);
    assert_eq!(error.errno(), libc::ENOMEM);
    assert!(error.meaning().contains("memory"));
    // What is not reserved is promised to nobody.
    let huge = Temporary::new(Options::new(1 << 46).no_reserve(true));
    assert_eq!(huge.status().expect("our own").size, 1 << 46);
}

#[test]
fn what_is_used_is_counted_in_pages_and_touched_ones_are_resident() {
    if !has_own_segments_or_skips() {
        return;
    }
    let _small = Temporary::new(Options::new(1));
    let large = Temporary::new(Options::new(10 * page_size()));
    let before = usage().expect("it can be asked");
    assert_eq!((before.segments, before.pages, before.resident), (2, 11, 0));
    let attachment = large.attach().expect("our own");
    for page in 0..4 {
        attachment.write(page * page_size(), b"touched");
    }
    let after = usage().expect("it can be asked");
    assert_eq!((after.segments, after.pages), (2, 11));
    assert_eq!(after.resident + after.swapped, 4);
    assert_eq!((after.swap_attempts, after.swap_successes), (0, 0));
}

#[test]
fn they_are_what_ipcs_says() {
    if !has_own_segments_or_skips() {
        return;
    }
    for (name, value) in [("shmmax", 10_240), ("shmmni", 77), ("shmall", 300)] {
        limit(name, value);
    }
    let _segments = [1, 9000].map(|size| Temporary::new(Options::new(size)));
    let says = |option: &str| -> String {
        let output = Command::new("ipcs").args(["-m", option]).env("LC_ALL", "C").output();
        let text = output.expect("util-linux's ipcs runs").stdout;
        String::from_utf8_lossy(&text).into_owned()
    };
    let number = |text: &str, label: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(label));
        let line = line.unwrap_or_else(|| panic!("no {label:?} in {text}"));
        line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number at its end")
    };
    let (limits, usage) = (limits().expect("asked"), usage().expect("asked"));
    let text = says("-l");
    assert_eq!(number(&text, "max number of segments"), limits.max_segments);
    assert_eq!(number(&text, "max seg size (kbytes)"), limits.max_bytes / 1024);
    assert_eq!(number(&text, "min seg size (bytes)"), limits.min_bytes);
    let text = says("-u");
    assert_eq!(number(&text, "segments allocated"), usage.segments);
    assert_eq!(number(&text, "pages allocated"), usage.pages);
    assert_eq!(number(&text, "pages resident"), usage.resident);
}

#[test]
fn limits_belong_to_a_namespace_and_so_do_keys() {
    let key = TestKey::new();
    let segment = Options::new(1).create(key_of(&key)).expect("a segment can be made");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            if has_own_segments_or_skips() {
                limit("shmmni", 0);
                assert!(segment.status().expect_err("it is elsewhere").is_gone());
                assert_eq!(refusal(1).errno(), libc::ENOSPC);
            }
        });
    });
    assert_eq!(segment.status().expect("our own").size, 1);
}
