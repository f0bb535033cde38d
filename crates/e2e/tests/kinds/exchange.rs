//! Text arrives unchanged, whoever comes first and however often.

use handoff_e2e::kind::{Kind, Site};
use handoff_e2e::{Input, payload};

pub(crate) fn either_side_may_come_first(kind: &'static Kind) {
    let site = Site::new(kind);
    let reader = site.waiting_reader();
    site.writer().reading("one\nend\nnot sent\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"one\nend\n").expect_signed_lines();
    site.expect_nothing_left();

    let writer = site.writer().reading("two\n").start();
    let reader = site.reader().start();
    writer.exit().expect_code(0).expect_signed_lines();
    reader.exit().expect_code(0).expect_stdout(b"two\n");
    site.expect_nothing_left();
}

pub(crate) fn every_size_arrives(kind: &'static Kind) {
    for slots in ["1", "2", "16", "64"] {
        for size in [0, 1, 2047, 2048, 2049, 70_000] {
            let site = Site::new(kind);
            let text = payload::random(size, size as u64);
            let reader = site.reader().args(["--slots", slots]).start();
            let writer = site.writer().args(["--slots", slots, "--until", ""]).reading(&text);
            writer.start().exit().expect_code(0);
            reader.exit().expect_code(0).expect_stdout(&text);
            site.expect_nothing_left();
        }
    }
    for wait in ["spin", "sleep"] {
        let site = Site::new(kind);
        let text = payload::random(40_000, 7);
        let reader = site.reader().args(["--wait", wait]).start();
        let writer = site.writer().args(["--wait", wait, "--until", ""]).reading(&text);
        writer.start().exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&text);
    }
}

pub(crate) fn many_streams_one_after_the_other(kind: &'static Kind) {
    let site = Site::new(kind);
    for number in 0..40 {
        let text = format!("stream {number}\n");
        let writer = site.writer().reading(&text).start();
        let reader = site.reader().start();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(text.as_bytes());
    }
    site.expect_nothing_left();
}

pub(crate) fn kept_readers_take_stream_after_stream(kind: &'static Kind) {
    let site = Site::new(kind);
    let mut reader = site.reader().args(["--keep"]).start();
    let mut expected = Vec::new();
    for number in 0..20 {
        let text = format!("stream {number}\n");
        expected.extend_from_slice(text.as_bytes());
        site.writer().input(Input::Bytes(text.into_bytes())).start().exit().expect_code(0);
    }
    reader.wait_until_printed(expected.len());
    reader.interrupt();
    reader.exit().expect_code(130).expect_stdout(&expected);
    site.expect_nothing_left();
}
