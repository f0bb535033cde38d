//! Errors a person can act on: one line with the attempt, the cause and what to do, and nothing
//! changed.

use handoff_e2e::{Foreign, Program, TestKey, foreign, skip};

const BOTH: [&str; 2] = ["writer", "reader"];

/// Checks that both programs refuse a segment of somebody else's in one line with these words,
/// and leave it as it was.
#[track_caller]
fn expect_refused(segment: &Foreign, words: &[&str]) {
    let before = segment.bytes();
    let id = segment.row().id.to_string();
    for name in BOTH {
        let outcome = Program::on(name, &segment.key()).start().exit();
        outcome.expect_code(1).expect_stdout(b"");
        outcome.expect_line_with(words).expect_line_with(&[&id, "ipcrm"]);
        segment.expect_untouched();
        assert_eq!(segment.bytes(), before, "{name} changed the segment");
    }
}

#[test]
fn a_segment_whose_size_fits_no_exchange_is_refused() {
    let exchange = foreign::DEFAULT_SIZE;
    for size in [1, 64, 2052, 4096, exchange - 1, exchange + 1, 1 << 20] {
        let segment = Foreign::new(size, "0600");
        let owner = segment.row().owner_name();
        expect_refused(&segment, &[&format!("{size} bytes"), &format!("owner {owner}")]);
    }
}

#[test]
fn a_segment_with_a_foreign_magic_is_refused() {
    let segment = Foreign::new(foreign::DEFAULT_SIZE, "0600");
    if !segment.store(0, &[0x7273_6e49, 0x0000_0001]) {
        return skip::skip("needs perl to write into a segment");
    }
    let owner = segment.row().owner_name();
    expect_refused(&segment, &["33856 bytes", &format!("owner {owner}")]);
}

#[test]
fn a_segment_of_zeroes_of_the_right_size_is_an_empty_exchange() {
    let segment = Foreign::new(foreign::exchange_size(3), "0600");
    let writer = Program::on("writer", &segment.key()).reading("text\n");
    writer.start().exit().expect_code(0);
    let reader = Program::on("reader", &segment.key());
    reader.start().exit().expect_code(0).expect_stdout(b"text\n");
    assert_eq!(handoff_e2e::segment::find_id(segment.row().id), None);
}

/// The magic number, as a pair of words that the programs themselves have stored.
fn magic() -> Option<[u32; 2]> {
    let segment = Foreign::new(foreign::DEFAULT_SIZE, "0600");
    let writer = Program::on("writer", &segment.key()).reading("text\n");
    writer.start().exit().expect_code(0);
    let bytes = segment.bytes()?;
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    Some([word(0), word(4)])
}

#[test]
fn a_corrupt_exchange_is_reported_and_not_believed() {
    let Some([low, high]) = magic() else {
        return skip::skip("needs perl to write into a segment");
    };
    // A counter laps ahead of its neighbours; a length beyond the slot; counters without order.
    let corruptions: [(&str, &[u32]); 3] =
        [("a counter", &[77, 4]), ("a length", &[1, 2049]), ("a huge length", &[1, u32::MAX])];
    for (what, slot) in corruptions {
        let segment = Foreign::new(foreign::DEFAULT_SIZE, "0600");
        assert!(segment.store(0, &[low, high]) && segment.store(64, slot));
        let outcome = Program::on("reader", &segment.key()).start().exit();
        outcome.expect_code(1).expect_stdout(b"");
        outcome.expect_line_with(&["corrupt"]);
        assert!(
            handoff_e2e::segment::find_id(segment.row().id).is_some(),
            "after {what} the segment is still there to be looked at"
        );
    }
}

/// Checks that wrong usage ends with 2, names the culprit and makes no segment.
#[track_caller]
fn expect_usage(name: &'static str, args: &[&str], word: &str) {
    let key = TestKey::new();
    let key_text = key.number().to_string();
    let key_given = args.iter().any(|it| ["-k", "--key"].contains(it));
    let key_args = ["-k", &key_text];
    let program = Program::bare(name).args(if key_given { &[] } else { key_args.as_slice() });
    let outcome = program.args(args).start().exit();
    outcome.expect_code(2).expect_stdout(b"").expect_line_with(&[word]);
    key.expect_no_segment();
}

#[test]
fn keys_that_are_none_are_refused() {
    for name in BOTH {
        for key in ["0", "0x0", "00", "abc", "", "0x", "99999999999", "12 34", "1.5", "+5", "0x+5"]
        {
            expect_usage(name, &["-k", key], "key");
        }
    }
}

#[test]
fn the_refusal_of_key_0_says_why() {
    for name in BOTH {
        expect_usage(name, &["-k", "0"], "IPC_PRIVATE");
    }
}

#[test]
fn impossible_numbers_of_slots_are_refused() {
    for name in BOTH {
        for slots in ["0", "99999999999", "4294967295", "many", "", "1.5", "-1"] {
            expect_usage(name, &[&format!("--slots={slots}")], "slots");
        }
    }
}

#[test]
fn modes_that_are_none_are_refused() {
    for name in BOTH {
        for mode in ["0888", "9", "rw", "", "01777777", "0x180", "-600"] {
            expect_usage(name, &[&format!("--mode={mode}")], "mode");
        }
    }
}

#[test]
fn modes_that_would_lock_the_owner_out_are_refused() {
    for name in BOTH {
        for mode in ["0", "0400", "0200", "0066"] {
            expect_usage(name, &["--mode", mode], "mode");
        }
    }
}

#[test]
fn an_end_word_that_is_no_line_is_refused() {
    expect_usage("writer", &["--until", "two\nlines"], "until");
}

#[test]
fn unknown_options_are_refused() {
    for name in BOTH {
        expect_usage(name, &["--wait", "pray"], "wait");
        expect_usage(name, &["--frobnicate"], "frobnicate");
        expect_usage(name, &["stray"], "stray");
    }
    expect_usage("reader", &["--until", "end"], "until");
    expect_usage("writer", &["--keep"], "keep");
}
