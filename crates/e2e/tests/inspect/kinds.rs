//! What is no System V segment: POSIX objects, files, memfds, and the sockets where they meet.

use handoff_e2e::kind::{Kind, Site, at_socket, in_dev_shm, in_directory};
use handoff_e2e::pair::too_much;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::skip::is_root_or_skips;
use handoff_e2e::{Outcome, Output, Program, Scratch};
use serde_json::Value;

use crate::{find, text};

pub(crate) static POSIX: Kind =
    Kind { name: "posix", found_at: in_dev_shm, persists: true, shrinks: true, devices: &[] };
pub(crate) static FILE: Kind =
    Kind { name: "file", found_at: in_directory, persists: true, shrinks: true, devices: &[] };
pub(crate) static MEMFD: Kind =
    Kind { name: "memfd", found_at: at_socket, persists: false, shrinks: false, devices: &[] };

/// Runs it where writer and reader of this site are.
pub(crate) fn inspect_at(site: &Site, args: &[&str]) -> Outcome {
    let directory = site.directory().display().to_string();
    Program::bare("inspect").args(args).env("XDG_RUNTIME_DIR", &directory).start().exit()
}

#[track_caller]
pub(crate) fn facts_at(site: &Site, args: &[&str]) -> Value {
    let text = text(&inspect_at(site, &[args, &["--json"]].concat()));
    serde_json::from_str(&text).expect("it is JSON")
}

#[track_caller]
fn show(site: &Site) -> Value {
    facts_at(site, &["show", "--via", site.kind.name, &site.key_in_names()])
}

#[track_caller]
fn row(site: &Site, section: &str) -> Value {
    let list = facts_at(site, &["list"]);
    let path = site.path().expect("it has a name").display().to_string();
    find(&list[section], "path", &path.into()).clone()
}

#[test]
fn objects_with_a_name_are_listed_and_shown() {
    for (kind, section) in [(&POSIX, "posix"), (&FILE, "files")] {
        let site = Site::new(kind);
        site.writer().args(["--slots", "3"]).reading("kept\n").start().exit().expect_code(0);
        let listed = row(&site, section);
        assert_eq!(listed["contents"]["unread_bytes"], 5, "{section}");
        assert_eq!((&listed["mode"], &listed["holders"]), (&"0600".into(), &serde_json::json!([])));
        assert_eq!(listed["key"], site.key.number());
        let shown = show(&site);
        assert_eq!(shown["slots"].as_array().expect("a list").len(), 3);
        assert_eq!(shown["slots"][0]["hex"], "6b6570740a");
        // The reader's role is claimed by nobody who looks.
        assert_eq!(shown["contents"]["reader"]["state"], "vacant");
        site.reader().start().exit().expect_code(0).expect_stdout(b"kept\n");
        site.expect_nothing_left();
        let gone = inspect_at(&site, &["show", "--via", kind.name, &site.key_in_names()]);
        gone.expect_code(1).expect_line_with(&["there is no"]);
    }
}

#[test]
fn who_has_an_object_open_is_said() {
    for (kind, section) in [(&POSIX, "posix"), (&FILE, "files")] {
        let site = Site::new(kind);
        let mut reader = site.waiting_reader();
        reader.wait_until_asleep(Asleep::InFutex);
        let holder = serde_json::json!([{ "pid": reader.pid(), "name": "reader" }]);
        assert_eq!(row(&site, section)["holders"], holder, "{section}");
    }
}

#[test]
fn a_socket_is_listed_with_who_listens() {
    let site = Site::new(&MEMFD);
    let reader = site.waiting_reader();
    let listed = row(&site, "sockets");
    assert_eq!((&listed["listening"], &listed["key"]), (&true.into(), &site.key.number().into()));
    assert_eq!(listed["holders"], serde_json::json!([{ "pid": reader.pid(), "name": "reader" }]));
    // Nobody was asked: the reader knows of no guest, and goes on waiting for one.
    assert!(!reader.stderr().text().contains("refused"), "{}", reader.stderr().text());
    site.writer().reading("text\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"text\n");
}

#[test]
fn memory_without_a_name_is_found_at_its_holders() {
    let site = Site::new(&MEMFD);
    let mut reader = site.reader().output(Output::Unread).start();
    reader.wait_until_says("waiting for a writer");
    let text = too_much(16);
    let mut writer = site.writer().reading(&text).start();
    reader.wait_until_asleep(Asleep::Writing);
    writer.wait_until_asleep(Asleep::InFutex);
    let shown = show(&site);
    assert_eq!(shown["contents"]["writer"]["tid"], writer.pid());
    assert_eq!(shown["contents"]["reader"]["tid"], reader.pid());
    assert_eq!(shown["contents"]["unread_slots"], 16);
    assert_eq!(shown["slots"][0]["length"], 2048);
    let mut pids = [writer.pid(), reader.pid()];
    pids.sort_unstable();
    let holders = shown["holders"].as_array().expect("a list");
    assert_eq!(holders.iter().map(|it| it["pid"].clone()).collect::<Vec<_>>(), pids);
    let listed = facts_at(&site, &["list"]);
    find(&listed["memfds"], "inode", &shown["inode"]);
    reader.read_output();
    reader.exit().expect_code(0).expect_stdout(&text);
    writer.exit().expect_code(0);
    let gone = inspect_at(&site, &["show", "--via", "memfd", &site.key_in_names()]);
    gone.expect_code(1).expect_line_with(&["no process that can be seen has a memfd"]);
}

#[test]
fn another_user_sees_that_there_is_something_and_why_no_more() {
    if !is_root_or_skips() {
        return;
    }
    let (site, scratch) = (Site::new(&POSIX), Scratch::new());
    site.writer().reading("secret\n").start().exit().expect_code(0);
    let args = ["show", "--via", "posix", &site.key_in_names()];
    let program = Program::bare("inspect").args(args).as_another_user(scratch.copy_of("inspect"));
    let shown = text(&program.start().exit());
    assert!(shown.contains("contents unknown: Permission denied"), "{shown}");
    assert!(shown.contains("33856 bytes") && !shown.contains("secret"), "{shown}");
}
