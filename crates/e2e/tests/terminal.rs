//! What a person sees: a prompt, `You wrote: ` before each line, and text that cannot drive
//! the terminal.

use handoff_e2e::pair::{listening_writer, waiting_reader};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::pty::CTRL_D;
use handoff_e2e::{Output, Program, Terminal, TestKey};

const PROMPT: &str = "Enter some text: ";
const PREFIX: &str = "You wrote: ";

/// What a reader at a terminal shows of `text`, by lines as the terminal breaks them.
#[track_caller]
fn shown(text: &[u8]) -> Vec<String> {
    let key = TestKey::new();
    let terminal = Terminal::new();
    Program::writer(&key)
        .args(["--until", "", "--slots", "64"])
        .reading(text)
        .start()
        .exit()
        .expect_code(0);
    Program::reader(&key).at(&terminal).start().exit().expect_code(0);
    terminal.expect_sane();
    key.expect_no_segment();
    // Half a character may come, at the end of a slot: the other half may follow.
    let screen = String::from_utf8_lossy(&terminal.finish()).into_owned();
    screen.split_terminator("\r\n").map(str::to_owned).collect()
}

/// Checks that a line has nothing in it that a terminal obeys.
#[track_caller]
fn expect_harmless(line: &str) {
    let obeyed = line.chars().find(|it| it.is_control() && *it != '\t');
    assert_eq!(obeyed, None, "the terminal gets a control character in {line:?}");
}

#[test]
fn a_person_is_prompted_and_each_line_arrives_when_it_is_typed() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let terminal = Terminal::new();
    let writer = Program::writer(&key).at(&terminal).start();
    terminal.wait_for(PROMPT);
    terminal.type_in(b"hello\n");
    reader.wait_until_printed("hello\n".len());
    terminal.type_in(b"endless\n");
    reader.wait_until_printed("hello\nendless\n".len());
    terminal.type_in(b"end\n");
    writer.exit().expect_code(0).expect_signed_lines();
    reader.exit().expect_code(0).expect_stdout(b"hello\nendless\nend\n");
    terminal.expect_sane();
    key.expect_no_segment();
}

#[test]
fn every_line_is_prompted_for() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let mut writer = Program::writer(&key).at(&terminal).start();
    for prompts in 1..=3 {
        handoff_e2e::wait_until("the prompt is there again", || {
            (terminal.screen().matches(PROMPT).count() == prompts).then_some(())
        });
        writer.wait_until_asleep(Asleep::Reading);
        terminal.type_in(b"line\n");
    }
    terminal.type_in(b"end\n");
    writer.exit().expect_code(0);
    let reader = Program::reader(&key).start();
    reader.exit().expect_code(0).expect_stdout(b"line\nline\nline\nend\n");
}

#[test]
fn ctrl_d_ends_the_stream() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let writer = Program::writer(&key).at(&terminal).start();
    terminal.wait_for(PROMPT);
    terminal.type_in(b"last\n");
    terminal.type_in(CTRL_D);
    writer.exit().expect_code(0);
    terminal.expect_sane();
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"last\n");
    key.expect_no_segment();
}

#[test]
fn nobody_is_prompted_when_the_text_comes_from_a_pipe() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let writer = Program::writer(&key).reading("text\n").output(Output::Fd(terminal.line()));
    writer.start().exit().expect_code(0);
    assert_eq!(terminal.finish(), b"");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n");
}

#[test]
fn nobody_is_prompted_when_stdout_is_a_pipe() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let writer = Program::writer(&key).controlled_by(&terminal).start();
    terminal.type_in(b"end\n");
    let outcome = writer.exit();
    outcome.expect_code(0).expect_stdout(b"");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"end\n");
}

#[test]
fn each_line_is_marked_on_a_terminal() {
    assert_eq!(shown(b"one\ntwo\n"), ["You wrote: one", "You wrote: two"]);
}

#[test]
fn an_empty_line_is_marked_too() {
    let lines = shown(b"\nx\n");
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    assert_eq!(lines, ["You wrote:", "You wrote: x"]);
}

#[test]
fn a_line_longer_than_a_slot_is_marked_once() {
    let line = "x".repeat(5000);
    assert_eq!(shown(format!("{line}\n").as_bytes()), [format!("{PREFIX}{line}")]);
}

#[test]
fn a_last_line_without_a_newline_is_shown() {
    let lines = shown(b"one\nlast");
    assert_eq!(lines[..2], ["You wrote: one", "You wrote: last"]);
}

#[test]
fn a_line_that_comes_in_pieces_is_marked_once() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let mut writer = listening_writer(&key);
    let reader = Program::reader(&key).at(&terminal).start();
    writer.feed("in ");
    terminal.wait_for("You wrote: in ");
    writer.feed("pieces\n");
    terminal.wait_for("You wrote: in pieces");
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0);
    assert_eq!(terminal.screen().matches(PREFIX).count(), 1);
}

#[test]
fn stdout_that_is_no_terminal_gets_the_bytes_alone() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    Program::writer(&key).reading("\x1b[31mred\n").start().exit().expect_code(0);
    let reader = Program::reader(&key).controlled_by(&terminal).start();
    reader.exit().expect_code(0).expect_stdout(b"\x1b[31mred\n");
}

#[test]
fn text_in_any_script_is_shown_as_it_is() {
    let text = "Gr\u{fc}\u{df}e, \u{65e5}\u{672c}\u{8a9e}, \u{1f600}";
    assert_eq!(shown(format!("{text}\n").as_bytes()), [format!("{PREFIX}{text}")]);
}

#[test]
fn a_character_cut_by_a_slot_is_shown_whole() {
    for before in 2045..=2048 {
        let text = format!("{}\u{1f600}.", "x".repeat(before));
        assert_eq!(shown(format!("{text}\n").as_bytes()), [format!("{PREFIX}{text}")]);
    }
}

#[test]
fn escape_sequences_are_shown_and_not_obeyed() {
    let sequences: [&[u8]; 7] = [
        b"\x1b[2J\x1b[H",
        b"\x1b]0;title\x07",
        b"\x1b[31m",
        "\u{9b}31m".as_bytes(),
        b"\x9b31m",
        b"\x07\x08\x0b\x0c\x7f\x00\x1a",
        b"overwritten\rby this",
    ];
    for sequence in sequences {
        let lines = shown(&[b"before", sequence, b"after\n"].concat());
        assert_eq!(lines.len(), 1, "{lines:?}");
        expect_harmless(&lines[0]);
        assert!(lines[0].starts_with("You wrote: before"), "{lines:?}");
        assert!(lines[0].ends_with("after"), "{lines:?}");
        assert!(lines[0].len() > "You wrote: beforeafter".len(), "it is visible: {lines:?}");
    }
}

#[test]
fn an_escape_sequence_cut_by_a_slot_is_not_obeyed() {
    for before in 2046..=2048 {
        let mut text = vec![b'x'; before];
        text.extend_from_slice("\x1b[2J\u{9b}2J.\n".as_bytes());
        let lines = shown(&text);
        assert_eq!(lines.len(), 1);
        expect_harmless(&lines[0]);
        assert!(lines[0].ends_with("2J."));
    }
}

#[test]
fn invalid_utf_8_is_shown_visibly() {
    let texts: [&[u8]; 4] = [b"a\xffb\n", b"a\xc3b\n", b"a\xed\xa0\x80b\n", b"ab\xf0\x9f\x98\n"];
    for text in texts {
        let lines = shown(text);
        assert_eq!(lines.len(), 1, "{lines:?}");
        expect_harmless(&lines[0]);
        assert!(lines[0].starts_with("You wrote: a"), "{lines:?}");
        assert!(lines[0].len() > "You wrote: ab".len(), "it is visible: {lines:?}");
    }
}

/// Checks that a line ends in something visible, and with bytes that are UTF-8 by themselves: what
/// a terminal makes of others is its own affair.
#[track_caller]
fn expect_half_a_character_visible(half: &[u8], rest: &[u8]) {
    // Behind so much text the rest comes in a slot of its own.
    for before in ["ab".len(), 2048 - half.len()] {
        let text = "x".repeat(before);
        let lines = shown(&[text.as_bytes(), half, rest].concat());
        assert_eq!(lines.len(), 1, "{lines:?}");
        expect_harmless(&lines[0]);
        let spelled: String = half.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        assert!(lines[0].contains(&spelled), "{half:x?} is spelled out: {lines:?}");
    }
}

#[test]
fn half_a_character_at_the_very_end_is_shown_visibly() {
    for half in [b"\xf0\x9f".as_slice(), b"\xc2", b"\xe2\x80"] {
        expect_half_a_character_visible(half, b"");
    }
}

#[test]
fn half_a_character_that_is_never_completed_is_shown_visibly() {
    for half in [b"\xf0\x9f".as_slice(), b"\xc2", b"\xe2\x80"] {
        expect_half_a_character_visible(half, b"b\n");
    }
}

#[test]
fn every_byte_is_harmless() {
    let text: Vec<u8> = (0..=u8::MAX).flat_map(|byte| [b'<', byte, b'>', b'\n']).collect();
    let lines = shown(&text);
    // The newline among them makes one line more.
    assert_eq!(lines.len(), 257);
    lines.iter().for_each(|line| expect_harmless(line));
}
