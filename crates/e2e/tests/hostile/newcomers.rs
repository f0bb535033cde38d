//! Who comes to an exchange that is hostile already, or stays in one that nobody leaves: the
//! same holds as in `hostile.rs`, and what is refused is not changed.

use handoff_e2e::{Foreign, Program, TestKey, segment, skip};

use crate::judge::{Victim, judge};
use crate::peer::attack;
use crate::state::{ROLES, Scene, State};

#[test]
fn a_reader_whose_writer_never_leaves_after_the_end_sleeps_and_can_be_interrupted() {
    let key = TestKey::new();
    let writer = Program::writer(&key).reading("0123\n").start();
    let by = writer.pid();
    writer.exit().expect_code(0);
    attack(&key, &format!("set writer={by}"));
    let mut reader = handoff_e2e::pair::waiting(Program::reader(&key));
    reader.wait_until_printed("0123\n".len());
    judge(vec![Victim::new("left for ever", reader)]);
}

#[test]
fn a_newcomer_refuses_a_foreign_magic_and_changes_nothing() {
    for magic in ["magic=1", "magic=+1", "magic=-1", "magic-high=0xffffffff", "magic-high=0"] {
        let scene = Scene::new(State::Left);
        scene.attack(&format!("set {magic}"));
        let (key, _) = scene.into_victims(magic);
        let before = (key.existing_segment(), attack(&key, "dump"));
        for program in [Program::writer(&key).reading("4567\n"), Program::reader(&key)] {
            let outcome = program.start().exit();
            outcome.expect_code(1).expect_stdout(b"").expect_line_with(&["in use", "ipcrm"]);
            assert_eq!((key.existing_segment(), attack(&key, "dump")), before, "{magic}");
        }
    }
}

#[test]
fn a_user_without_rights_whose_segment_is_locked_under_it_harms_nobody() {
    if !skip::is_root_or_skips() {
        return;
    }
    let scratch = handoff_e2e::Scratch::new();
    let copies = ["reader", "writer"].map(|name| (name, scratch.copy_of(name)));
    for name in ["reader", "writer"] {
        let key = TestKey::new();
        let on = |name| {
            let (_, copy) = &copies[usize::from(name == "writer")];
            Program::on(name, &format!("{:#x}", key.number()))
                .as_another_user(copy.clone())
                .input(handoff_e2e::Input::Open)
        };
        let asleep = |name| match name {
            "reader" => handoff_e2e::pair::waiting(on(name)),
            _ => handoff_e2e::pair::listening(on(name)),
        };
        let first = asleep(name);
        attack(&key, "lock-out");
        let newcomers =
            ["reader", "writer"].map(|name| Victim::new("locked out", on(name).start()));
        let first = Victim::new("locked in", first);
        judge(newcomers.into_iter().chain([first]).collect());
    }
}

#[test]
fn sizes_that_fit_no_exchange_and_random_bytes_in_those_that_do_are_survived_by_newcomers() {
    for seed in 0..8 {
        let foreign = Foreign::new(handoff_e2e::foreign::exchange_size(seed % 3 + 1), "0600");
        let words: Vec<u32> = handoff_e2e::payload::random(64 + 16, seed)
            .chunks(4)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four bytes")))
            .collect();
        if !foreign.store(0, &words) {
            return skip::skip("needs perl to write into a segment");
        }
        let start =
            |name| Victim::new(format!("seed {seed}"), Program::on(name, &foreign.key()).start());
        judge(["writer", "reader"].map(start).into());
        assert_eq!(segment::find_id(foreign.row().id).as_ref(), Some(foreign.row()));
    }
}

/// Newcomers of one kind alone: another might mend or remove what they meet.
#[track_caller]
fn strike_writers(attacks: &[&str]) {
    for state in [State::Left, State::Orphaned] {
        let scenes = attacks.iter().map(|attack| {
            let mut scene = Scene::new(state);
            scene.attack(attack);
            scene.new_writer();
            scene.into_victims(&format!("{state:?}, {attack}"))
        });
        let (_keys, victims): (Vec<_>, Vec<_>) = scenes.unzip();
        judge(victims.into_iter().flatten().collect());
    }
}

#[test]
fn a_writer_does_not_spin_at_a_closed_exchange_whose_counters_fit_no_position() {
    strike_writers(&["set writer=0x3fffffff written:2=+8"]);
}

#[test]
fn a_writer_does_not_spin_at_a_closed_exchange_with_text_whose_word_says_that_somebody_waits() {
    strike_writers(&["set writer=0xbfffffff"]);
}

#[test]
fn a_writer_alone_is_not_harmed_by_any_forged_roles() {
    for reader in ["0", "THIRD", "0x3fffffff", "0x40000000", "0xffffffff"] {
        let attacks: Vec<String> =
            ROLES.iter().map(|writer| format!("set writer={writer} reader={reader}")).collect();
        strike_writers(&attacks.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
