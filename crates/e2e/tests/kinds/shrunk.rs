//! A peer shrinks the memory while it is in use: one sentence and exit status 1, no death.

use std::fs::File;

use handoff_e2e::kind::{Kind, Site};
use handoff_e2e::pair::too_much;
use handoff_e2e::payload::Endless;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Input, Outcome};

/// Nothing, a part of a page with the header, a page with some slots.
const SIZES: [u64; 3] = [0, 100, 4096];

fn shrink(site: &Site, size: u64) {
    let path = site.path().expect("it has a name");
    let file = File::options().write(true).open(path).expect("it is ours");
    file.set_len(size).expect("it is ours");
}

#[track_caller]
fn expect_told(outcome: &Outcome) {
    outcome.expect_code(1).expect_signed_lines();
    let told = outcome.stderr.lines().filter(|line| line.contains("cannot go on with"));
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 1, "one sentence: {}", outcome.stderr);
    assert!(told[0].contains("shrunk") && told[0].contains("rm "), "{}", told[0]);
}

/// Runs it for each size on a fresh site, if a peer can do this at all.
fn for_each_size(kind: &'static Kind, scene: impl Fn(&Site, u64)) {
    for size in SIZES {
        if kind.shrinks {
            scene(&Site::new(kind), size);
        }
    }
}

pub(crate) fn a_waiting_reader_ends(kind: &'static Kind) {
    for_each_size(kind, |site, size| {
        let mut reader = site.waiting_reader();
        reader.wait_until_asleep(Asleep::InFutex);
        shrink(site, size);
        expect_told(&reader.exit());
        // What is left of it is refused, and not met half.
        site.reader().start().exit().expect_code(1).expect_line_with(&["size of no exchange"]);
    });
}

pub(crate) fn a_listening_writer_ends(kind: &'static Kind) {
    for_each_size(kind, |site, size| {
        let mut writer = site.writer().input(Input::Open).start();
        writer.wait_until_asleep(Asleep::Reading);
        shrink(site, size);
        expect_told(&writer.exit());
    });
}

pub(crate) fn a_full_writer_ends(kind: &'static Kind) {
    for_each_size(kind, |site, size| {
        let mut writer = site.writer().reading(too_much(16)).start();
        writer.wait_until_asleep(Asleep::InFutex);
        shrink(site, size);
        expect_told(&writer.exit());
    });
}

pub(crate) fn a_busy_pair_ends(kind: &'static Kind) {
    for wait in ["futex", "spin", "sleep"] {
        for_each_size(kind, |site, size| {
            let endless = Endless::default();
            let args = ["--wait", wait];
            let writer = site.writer().args(args).input(endless.input()).start();
            let mut reader = site.reader().args(args).start();
            reader.wait_until_printed(1 << 18);
            shrink(site, size);
            expect_told(&reader.exit());
            expect_told(&writer.exit());
            endless.stop();
        });
    }
}
