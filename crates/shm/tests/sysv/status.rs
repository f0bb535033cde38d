//! shmctl(2): what the kernel knows of segments, and what can be changed.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::common::{Temporary, errno};
use handoff_e2e::isolated::has_own_segments_or_skips;
use handoff_shm::sysv::{Key, Options, Segment, Status, segments, usage};
use nix::unistd::{getegid, geteuid};

fn status(segment: &Temporary) -> Status {
    segment.status().expect("our own")
}

/// This whole second, and the next: the kernel's clock for these may be a tick behind.
fn now() -> std::ops::RangeInclusive<SystemTime> {
    let now = SystemTime::now();
    now - Duration::from_secs(2)..=now + Duration::from_secs(1)
}

#[test]
fn a_new_segment_has_all_that_it_was_made_with_and_no_more() {
    let segment = Temporary::new(Options::new(33_856).mode(0o640));
    let status = status(&segment);
    let us = (geteuid().as_raw(), getegid().as_raw());
    assert_eq!((status.id, status.key, status.size), (segment.id(), segment.key(), 33_856));
    assert_eq!((status.mode, status.is_removed, status.is_locked), (0o640, false, false));
    assert_eq!((status.owner, status.owner_group), us);
    assert_eq!((status.creator, status.creator_group), us);
    assert_eq!(status.creator_pid, std::process::id().cast_signed());
    assert_eq!((status.last_pid, status.attachments), (0, 0));
    assert_eq!((status.attached_at, status.detached_at), (None, None));
    assert!(now().contains(&status.changed_at), "{status:?}");
    assert_eq!(status.segment(), *segment);
}

#[test]
fn attaching_and_detaching_leave_their_marks() {
    let segment = Temporary::new(Options::new(1));
    let [one, two] = [(); 2].map(|()| segment.attach().expect("our own"));
    let attached = status(&segment);
    assert_eq!((attached.attachments, attached.last_pid), (2, std::process::id().cast_signed()));
    assert!(now().contains(&attached.attached_at.expect("just now")));
    assert_eq!(attached.detached_at, None);
    drop((one, two));
    let detached = status(&segment);
    assert_eq!(detached.attachments, 0);
    assert!(now().contains(&detached.detached_at.expect("just now")));
}

#[test]
fn owner_group_and_mode_are_changed_and_nothing_else() {
    if !handoff_e2e::skip::is_root_or_skips() {
        return;
    }
    let segment = Temporary::new(Options::new(100));
    let before = status(&segment);
    segment.set(65_534, 65_533, 0o444).expect("root may");
    let after = status(&segment);
    assert_eq!((after.owner, after.owner_group, after.mode), (65_534, 65_533, 0o444));
    let back = Status {
        owner: before.owner,
        owner_group: before.owner_group,
        mode: before.mode,
        changed_at: before.changed_at,
        ..after
    };
    assert_eq!(back, before);
    let error = segment.set(u32::MAX, 0, 0o600).expect_err("nobody is -1");
    assert_eq!(error.errno(), libc::EINVAL);
    assert_eq!(error.meaning(), "the user or group is none of this user namespace");
}

#[test]
#[should_panic(expected = "permission bits only")]
fn a_flag_cannot_be_set_as_a_mode() {
    let segment = Temporary::new(Options::new(1));
    let _ = segment.set(0, 0, 0o1600);
}

#[test]
fn a_removed_segment_lives_until_the_last_detach_and_its_key_is_free() {
    let segment = Temporary::new(Options::new(100));
    let attachment = segment.attach().expect("our own");
    segment.remove().expect("our own");
    let removed = status(&segment);
    assert!(removed.is_removed && removed.key == Key::PRIVATE, "{removed:?}");
    assert_eq!(errno(Segment::open(segment.key(), 0)), libc::ENOENT);

    // The same key makes another segment, and the old one goes on.
    let next = Options::new(100).create(segment.key()).expect("the key is free");
    let next = Removed(next);
    assert_ne!(next.0, *segment);
    attachment.write(0, b"old");
    let mut text = [1; 3];
    next.0.attach().expect("our own").read(0, &mut text);
    assert_eq!(text, [0; 3]);

    // By its id it can even be attached anew.
    let again = segment.attach().expect("Linux lets us");
    again.read(0, &mut text);
    assert_eq!(&text, b"old");
    drop((attachment, again));
    let error = segment.status().expect_err("it is gone");
    assert!(error.is_gone() && segment.attach().expect_err("it is gone").is_gone(), "{error:?}");
    assert!(segment.remove().expect_err("it is gone").is_gone());
}

/// Removed when the test is over.
struct Removed(Segment);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = self.0.remove();
    }
}

/// The columns of `/proc/sysvipc/shm`, of one segment.
fn row(id: i32) -> Option<Vec<String>> {
    let table = fs::read_to_string("/proc/sysvipc/shm").expect("there is System V shared memory");
    let rows = table.lines().map(|line| line.split_whitespace().map(str::to_owned).collect());
    rows.into_iter().find(|row: &Vec<String>| row[1] == id.to_string())
}

fn seconds(time: Option<SystemTime>) -> String {
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).expect("later");
    time.map_or(0, |time| since(time).as_secs()).to_string()
}

#[test]
fn every_field_is_what_the_kernel_says_elsewhere() {
    let segment = Temporary::new(Options::new(5000).mode(0o604));
    let (_one, two) = (segment.attach().expect("our own"), segment.attach().expect("our own"));
    drop(two);
    let status = status(&segment);
    let [size, mode, id] =
        [status.size.to_string(), format!("{:o}", status.mode), status.id.to_string()];
    let expected = [
        status.key.get().to_string(),
        id,
        mode,
        size,
        status.creator_pid.to_string(),
        status.last_pid.to_string(),
        status.attachments.to_string(),
        status.owner.to_string(),
        status.owner_group.to_string(),
        status.creator.to_string(),
        status.creator_group.to_string(),
        seconds(status.attached_at),
        seconds(status.detached_at),
        seconds(Some(status.changed_at)),
    ];
    assert_eq!(row(segment.id()).expect("it is there")[..14], expected);
}

#[test]
fn the_list_has_every_segment_once_and_no_other() {
    if !has_own_segments_or_skips() {
        return;
    }
    assert_eq!(segments().expect("a list").count(), 0);
    let made: Vec<_> = (1..=20).map(|size| Temporary::new(Options::new(size))).collect();
    // Holes in the kernel's table.
    let kept: Vec<_> = made.into_iter().filter(|it| it.id() % 3 != 0).collect();
    let removed = Temporary::new(Options::new(50));
    let _attached = removed.attach().expect("our own");
    removed.remove().expect("our own");
    let mut listed: Vec<_> = segments().expect("a list").collect();
    listed.sort_by_key(|(_, status)| status.size);
    let expected: Vec<_> =
        kept.iter().chain([&removed]).map(|it| (**it, it.status().expect("our own"))).collect();
    assert_eq!(listed, expected);
    assert_eq!(usage().expect("it can be asked").segments, listed.len() as u64);
}
