//! `show`: an exchange decoded, and every field of a segment.

use handoff_e2e::pair::{listening_writer, waiting_reader};
use handoff_e2e::{Program, TestKey};

use crate::{facts, find, hex, inspect, said};

#[test]
fn an_exchange_is_decoded_slot_by_slot() {
    let key = TestKey::new();
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    writer.wait_until_asleep(handoff_e2e::procfs::Asleep::Reading);
    writer.feed("two \x1b[31m\n");
    writer.wait_until_asleep(handoff_e2e::procfs::Asleep::Reading);

    let shown = facts(&["show", &hex(&key)]);
    let exchange = &shown["contents"];
    assert_eq!(exchange["kind"], "exchange");
    assert_eq!((&exchange["slots"], &exchange["unread_slots"]), (&16.into(), &2.into()));
    assert_eq!(exchange["unread_bytes"], 14);
    assert_eq!((&exchange["next_to_write"], &exchange["next_to_read"]), (&2.into(), &0.into()));
    assert_eq!(
        (&exchange["writer"]["state"], &exchange["reader"]["state"]),
        (&"held".into(), &"vacant".into())
    );
    assert_eq!(
        (&exchange["writer"]["tid"], &exchange["writer"]["process"]),
        (&writer.pid().into(), &"writer".into())
    );
    assert_eq!(exchange["steady"], true);
    assert_eq!(shown["holders"], serde_json::json!([{ "pid": writer.pid(), "name": "writer" }]));
    let slots = shown["slots"].as_array().expect("a list");
    assert_eq!(slots.len(), 16);
    assert_eq!((&slots[0]["word"], &slots[0]["hex"]), (&1.into(), &"6f6e650a".into()));
    assert_eq!((&slots[1]["length"], &slots[1]["state"]), (&10.into(), &"text".into()));
    assert_eq!((&slots[2]["word"], &slots[2]["state"]), (&0.into(), &"free".into()));

    let text = said(&["show", &hex(&key)]);
    let line = |of: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(of));
        line.unwrap_or_else(|| panic!("no {of:?} in {text}")).to_owned()
    };
    assert!(line("writer").contains(&format!("thread {} (writer)", writer.pid())));
    assert!(line("writer").contains("asleep in read"));
    assert!(line("reader").contains("nobody"));
    assert!(line("slot 0 ").contains("0x00000001  lap 0    text waits: 4 bytes"));
    assert!(text.contains("6f 6e 65 0a") && text.contains("  one␊\n"));
    assert!(text.contains("two ␛[31m␊"));
    assert!(line("slots 2 to 15").ends_with("0x00000000  lap 0    free"));
    assert!(!text.contains('\x1b'), "no order reaches the terminal");
}

#[test]
fn who_sleeps_on_what_is_said() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    let shown = facts(&["show", &hex(&key)]);
    assert_eq!(shown["slots"][0]["sleeper"], "reader");
    assert_eq!(shown["slots"][0]["word"], 1u64 << 31);
    assert_eq!(shown["slots"][1]["sleeper"], serde_json::Value::Null);
    let text = said(&["show", &hex(&key)]);
    assert!(text.contains("; the reader sleeps on it"), "{text}");
    assert!(text.contains(&format!("thread {} (reader); asleep in futex", reader.pid())), "{text}");
}

#[test]
fn a_look_is_no_news_to_anybody() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let before = key.existing_segment();
    let words = || facts(&["show", &hex(&key)])["slots"].clone();
    let (first, second) = (words(), words());
    assert_eq!(first, second);
    assert_eq!(key.existing_segment(), before);
    said(&["list"]);
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    reader.wait_until_printed(5);
    reader.exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn texts_are_cut_unless_all_is_asked_for() {
    let key = TestKey::new();
    let text = "0123456789".repeat(300);
    Program::writer(&key).reading(&text).start().exit().expect_code(0);
    let short = said(&["show", &hex(&key)]);
    assert!(short.contains("and 2016 bytes more: see --all"), "{short}");
    let long = said(&["show", "--all", &hex(&key)]);
    assert!(!long.contains("see --all"), "{long}");
    assert!(long.contains("07f0  "), "the last line of a whole slot: {long}");
    let shown = facts(&["show", "--all", &hex(&key)]);
    let bytes = shown["slots"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|slot| slot["hex"].as_str().expect("hex").len() / 2);
    assert_eq!(bytes.sum::<usize>(), text.len());
}

#[test]
fn what_was_read_is_shown_if_all_is_asked_for() {
    let key = TestKey::new();
    let mut reader = Program::reader(&key).args(["--keep"]).start();
    Program::writer(&key).reading("old text\n").start().exit().expect_code(0);
    reader.wait_until_printed(9);
    let _ = reader.kill();
    let text = said(&["show", &hex(&key)]);
    assert!(
        text.contains("free; the last text, 9 bytes, was read") && !text.contains("old text"),
        "{text}"
    );
    assert!(said(&["show", "--all", &hex(&key)]).contains("old text␊"));
    assert!(text.contains("nobody: the last one died"), "{text}");
}

#[test]
fn a_number_is_a_key_first_and_then_an_id() {
    let (key, other) = (TestKey::new(), TestKey::new());
    said(&["create", &hex(&key), "--bytes", "100"]);
    let id = key.existing_segment().id;
    let by_id = said(&["show", &id.to_string()]);
    assert!(
        by_id.starts_with(&format!("System V segment {id} (no segment has this key")),
        "{by_id}"
    );
    assert!(
        said(&["show", "--id", &id.to_string()]).starts_with(&format!("System V segment {id}\n"))
    );
    assert_eq!(facts(&["show", &hex(&key)])["id"], id);
    // Nothing that changes a segment takes one for the other.
    let id = id.to_string();
    inspect(&["remove", &id])
        .expect_code(1)
        .expect_line_with(&["there is no segment of key", "inspect list"]);
    inspect(&["lock", &hex(&other)])
        .expect_code(1)
        .expect_line_with(&["there is no segment of key"]);
    assert!(key.segment().is_some());
    said(&["remove", "--id", &id]);
    key.expect_no_segment();
    inspect(&["show", "--id", &id])
        .expect_code(1)
        .expect_line_with(&["there is no segment with id"]);
    inspect(&["show", &hex(&key)]).expect_code(1).expect_line_with(&["no segment with key or id"]);
}

#[test]
fn fields_are_explained() {
    let key = TestKey::new();
    said(&["create", &hex(&key), "--bytes", "5000", "--mode", "0640"]);
    said(&["lock", &hex(&key)]);
    let text = said(&["show", &hex(&key)]);
    for words in [
        "5000 bytes",
        "exactly as asked for",
        "0640 rw-r-----",
        "shmget(2)",
        "locked",
        "SHM_LOCKED",
        "never",
        "no exchange: 5000 bytes are the size of no exchange",
        "0000  00 00",
    ] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
    let list = facts(&["list"]);
    let row = find(&list["segments"], "key", &key.number().into());
    assert_eq!((&row["locked"], &row["mode"]), (&true.into(), &"0640".into()));
    assert_eq!(row["contents"]["why"], "5000 bytes are the size of no exchange");
}

#[test]
fn in_the_classic_layout_a_look_would_count_as_a_peer() {
    let key = TestKey::new();
    said(&["create", &hex(&key), "--bytes", "2052"]);
    let text = said(&["show", &hex(&key)]);
    assert!(text.contains("not looked at") && text.contains("--blog"), "{text}");
    assert!(said(&["list"]).contains("the classic layout, by its size"));
    let shown = facts(&["show", &hex(&key)]);
    assert_eq!(shown["attached_at"], serde_json::Value::Null, "nobody has ever attached it");
}
