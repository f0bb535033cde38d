//! What is not ours is refused with one sentence, and left as it is.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use handoff_e2e::kind::{Kind, Site};
use handoff_e2e::skip::is_root_or_skips;
use handoff_e2e::{Foreign, Input, Program, foreign};

pub(crate) fn another_user_is_refused(kind: &'static Kind) {
    if !is_root_or_skips() {
        return;
    }
    let site = Site::new(kind);
    let mut reader = site.waiting_reader();
    let mut writer = site.writer().input(Input::Open).start();
    writer.feed("genuine\n");
    reader.wait_until_printed(8);
    let before = site.object();
    for program in [site.writer().reading("forged\n"), site.reader()] {
        let copy = site.scratch().copy_of(program.name());
        let outcome = program.as_another_user(copy).start().exit();
        outcome.expect_code(1).expect_stdout(b"").only_line();
        assert_eq!(site.object(), before);
    }
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"genuine\n");
    site.expect_nothing_left();
}

/// Either program, with an empty stdin.
fn both(site: &Site) -> [Program; 2] {
    [site.writer(), site.reader()]
}

pub(crate) fn what_is_no_exchange_is_refused(kind: &'static Kind) {
    if !kind.persists {
        return;
    }
    for size in [0, 1, 64, 100, 4096, foreign::DEFAULT_SIZE - 1, foreign::DEFAULT_SIZE + 1] {
        let site = Site::new(kind);
        let Some(path) = site.path() else {
            if size > 0 {
                let segment = Foreign::new(size, "0600");
                let outcome = Program::on("reader", &segment.key()).args(["--via", kind.name]);
                outcome.start().exit().expect_code(1).expect_line_with(&["size of no exchange"]);
                segment.expect_untouched();
            }
            continue;
        };
        File::create_new(&path).and_then(|file| file.set_len(size)).expect("our own file");
        let before = fs::symlink_metadata(&path).expect("it is there").mtime_nsec();
        for program in both(&site) {
            let outcome = program.start().exit();
            outcome.expect_code(1).expect_stdout(b"");
            let removal = format!("rm {}", path.display());
            outcome.expect_line_with(&[&format!("{size} bytes"), "size of no exchange", &removal]);
            let status = fs::symlink_metadata(&path).expect("it is left");
            assert_eq!((status.len(), status.mtime_nsec()), (size, before));
        }
    }
}

/// Puts something at the path that is no file of its own, and says what the refusal says.
type Obstacle = (fn(&Path, &Path), &'static str);

pub(crate) fn a_name_that_leads_elsewhere_is_refused(kind: &'static Kind) {
    let obstacles: [Obstacle; 4] = [
        (|path, target| symlink(target, path).expect("a link"), "symbolic link"),
        (|path, _| fs::create_dir(path).expect("a directory"), "directory"),
        (|path, target| fs::hard_link(target, path).expect("a link"), "2 names"),
        (
            |path, _| {
                let status = Command::new("mkfifo").arg(path).status().expect("coreutils");
                assert!(status.success());
            },
            "named pipe",
        ),
    ];
    for (put, word) in obstacles {
        let site = Site::new(kind);
        let (true, Some(path)) = (kind.persists, site.path()) else { return };
        // On the same file system, for the hard link's sake.
        let target = path.with_extension("target");
        File::create_new(&target)
            .and_then(|file| file.set_len(foreign::DEFAULT_SIZE))
            .expect("our own file");
        put(&path, &target);
        let outcomes = both(&site).map(|program| program.start().exit());
        let text = fs::read(&target).expect("it is left");
        fs::remove_file(&target).expect("our own file");
        if path.is_dir() {
            fs::remove_dir(&path).expect("our own directory");
        }
        for outcome in outcomes {
            outcome.expect_code(1).expect_stdout(b"").expect_line_with(&[word]);
        }
        assert!(text.iter().all(|&byte| byte == 0), "it was written through a {word}");
    }
}

pub(crate) fn the_other_side_may_be_elsewhere(kind: &'static Kind) {
    if !is_root_or_skips() {
        return;
    }
    let site = Site::new(kind);
    let mut writer = site.writer().input(Input::Open).start();
    writer.wait_until_interruptible();
    // Keys are those of an IPC namespace, names and sockets those of a mount namespace.
    let apart = ["unshare", "--ipc", "--mount", "--"];
    let mut reader = site.reader().through(apart).start();
    reader.wait_until_says(&format!("process {}", writer.pid()));
    reader.wait_until_says("namespace");
    reader.wait_until_interruptible();
    reader.interrupt();
    drop(reader.exit());
    writer.interrupt();
    drop(writer.exit());
}
