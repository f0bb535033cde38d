//! A hostile peer can do no harm beyond its own messages: whatever is in the exchange, writer
//! and reader do not crash, print nothing that was in no slot, burn no processor over it, and
//! end by themselves in one line, or by Ctrl-C.

#[path = "hostile/judge.rs"]
mod judge;
#[path = "hostile/newcomers.rs"]
mod newcomers;
#[path = "hostile/peer.rs"]
mod peer;
#[path = "hostile/state.rs"]
mod state;

use judge::{judge, judge_under_attack};
use peer::Peer;
use state::{ROLES, Scene, State};

/// What a word is set to: ends of every range it can be taken for, and its neighbours.
const EXTREMES: [&str; 12] = [
    "0",
    "1",
    "2",
    "+1",
    "-1",
    "+2",
    "-2",
    "2049",
    "0x7fffffff",
    "0x80000000",
    "0xfffffffe",
    "0xffffffff",
];

/// Does each attack once in each state, lets newcomers come, and judges all.
#[track_caller]
fn strike(states: &[State], attacks: &[String]) {
    for &state in states {
        let mut keys = Vec::new();
        let mut victims = Vec::new();
        for attack in attacks {
            let mut scene = Scene::new(state);
            scene.attack(attack);
            scene.go_on();
            scene.newcomers();
            let (key, of_this) = scene.into_victims(&format!("{state:?}, {attack}"));
            victims.extend(of_this);
            keys.push(key);
        }
        judge(victims);
    }
}

/// A field set to each of these values.
fn set(field: &str, values: &[&str]) -> Vec<String> {
    values.iter().map(|value| format!("set {field}={value}")).collect()
}

#[test]
fn a_counter_at_its_extremes_harms_nobody() {
    strike(&State::ALL, &set("written:0", &EXTREMES));
}

#[test]
fn another_slots_counter_at_its_extremes_harms_nobody() {
    strike(&State::ALL, &set("written:1", &EXTREMES));
}

#[test]
fn all_counters_at_their_extremes_or_laps_ahead_or_behind_harm_nobody() {
    strike(&State::ALL, &set("written:*", &EXTREMES));
}

#[test]
fn a_length_at_its_extremes_harms_nobody() {
    strike(&State::ALL, &set("len:*", &EXTREMES));
}

#[test]
fn a_forged_role_of_the_writer_harms_nobody() {
    strike(&State::ALL, &set("writer", &ROLES));
}

#[test]
fn a_forged_role_of_the_reader_harms_nobody() {
    strike(&State::ALL, &set("reader", &ROLES));
}

#[test]
fn both_roles_forged_at_once_harm_nobody() {
    let both = |role| format!("set writer={role} reader={role}");
    strike(&State::ALL, &ROLES.map(both));
}

#[test]
fn a_changed_magic_harms_nobody() {
    let values = ["0", "1", "+1", "0xffffffff"];
    strike(&State::ALL, &[set("magic", &values), set("magic-high", &values)].concat());
    strike(&State::ALL, &["set magic=0 magic-high=0".to_owned()]);
}

#[test]
fn sleepers_moved_to_another_word_and_a_segment_removed_or_locked_harm_nobody() {
    strike(&State::ALL, &["requeue", "remove --rounds 1", "lock-out"].map(str::to_owned));
}

#[test]
fn a_word_taken_by_a_priority_inheriting_lock_harms_nobody() {
    for field in ["writer=+0", "reader=+0", "written:0=+0", "written:*=THIRD", "reader=VICTIM"] {
        let (mut keys, mut peers, mut victims) = (Vec::new(), Vec::new(), Vec::new());
        for state in [State::WaitingReader, State::ListeningWriter, State::FullWriter] {
            let mut scene = Scene::new(state);
            let peer = Peer::start(scene.key(), &scene.named(&format!("lock-pi {field}")));
            scene.newcomers();
            let (key, of_this) = scene.into_victims(&format!("{state:?}, lock-pi {field}"));
            victims.extend(of_this);
            keys.push(key);
            peers.push(peer);
        }
        judge(victims);
    }
}

/// Attacks that go on until they are told to stop.
const LOOPS: [&str; 11] = [
    "garbage",
    "rewrite",
    "wakes",
    "requeue",
    "remove",
    "flap len:*=0xffffffff len:*=5 len:*=2049 len:*=2048 len:*=0",
    "flap len:*=1 len:*=2048",
    "flap written:*=^0x80000000",
    "flap written:*=+1 written:*=-1",
    "flap writer=0 writer=VICTIM writer=THIRD writer=0x3fffffff writer=0x40000000",
    "flap reader=0 reader=VICTIM reader=THIRD reader=0x3fffffff reader=0x40000000",
];

/// Attacks in each state with newcomers amid the attack, and judges while it goes on.
#[track_caller]
fn strike_on(states: &[State]) {
    for &state in states {
        for attack in LOOPS {
            let mut scene = Scene::new(state);
            let peer = Peer::start(scene.key(), &scene.named(attack));
            scene.newcomers();
            let (_key, victims) = scene.into_victims(&format!("{state:?}, {attack}"));
            // Dead before the key goes: it might make the segment anew.
            let _peer = peer;
            judge_under_attack(victims);
        }
    }
}

#[test]
fn attacks_that_go_on_do_not_keep_ctrl_c_from_whoever_waits() {
    strike_on(&[State::WaitingReader, State::FullWriter, State::Left]);
}

#[test]
fn attacks_that_go_on_do_not_keep_ctrl_c_from_whoever_is_in_mid_stream() {
    strike_on(&[State::Stream, State::BlockedPair]);
}

#[test]
fn attacks_that_have_ended_leave_nobody_busy() {
    for state in [State::Stream, State::WaitingReader, State::FullWriter, State::Left] {
        let mut keys = Vec::new();
        let mut victims = Vec::new();
        for attack in LOOPS.iter().filter(|&&attack| attack != "requeue") {
            let mut scene = Scene::new(state);
            scene.attack(&format!("{attack} --rounds 200"));
            scene.go_on();
            scene.newcomers();
            let (key, of_this) = scene.into_victims(&format!("{state:?}, {attack}"));
            victims.extend(of_this);
            keys.push(key);
        }
        judge(victims);
    }
}

#[test]
fn a_writer_that_lies_about_what_it_sends_harms_no_reader() {
    let lies = [
        "len:*=0xffffffff",
        "len:*=2049",
        "len:*=0",
        "written:0=+1",
        "written:1=+2",
        "written:*=^0x80000000",
        "reader=0",
        "reader=VICTIM",
        "reader=0x3fffffff",
        "text:*=0x5a5a5a5a",
    ];
    let scenes = lies.map(|lie| {
        let scene = Scene::new(State::WaitingReader);
        let attack = scene.named(&format!("stream --rounds 5000 {lie}"));
        Peer::start(scene.key(), &attack).wait_or_leave();
        scene.into_victims(&attack)
    });
    let (_keys, victims): (Vec<_>, Vec<_>) = scenes.into_iter().unzip();
    judge(victims.into_iter().flatten().collect());
}

#[test]
fn a_reader_that_lies_about_what_it_took_harms_no_writer() {
    let lies = [
        "len:*=0xffffffff",
        "written:0=+1",
        "written:1=+2",
        "written:*=-1",
        "written:*=^0x80000000",
        "writer=0",
        "writer=VICTIM",
        "writer=0x3fffffff",
        "text:*=0x5a5a5a5a",
    ];
    let scenes = lies.map(|lie| {
        let scene = Scene::new(State::FullWriter);
        let attack = scene.named(&format!("swallow --rounds 5000 {lie}"));
        Peer::start(scene.key(), &attack).wait_or_leave();
        scene.into_victims(&attack)
    });
    let (_keys, victims): (Vec<_>, Vec<_>) = scenes.into_iter().unzip();
    judge(victims.into_iter().flatten().collect());
}

#[test]
fn lengths_that_change_while_an_honest_writer_sends_print_nothing_from_elsewhere() {
    for lie in ["len:*=0xffffffff len:*=3", "len:*=2048 len:*=1 len:*=2049", "text:*=0x41414141"] {
        let scene = Scene::new(State::WaitingReader);
        let liar = Peer::start(scene.key(), &format!("flap {lie}"));
        Peer::start(scene.key(), "stream --rounds 2000").wait_or_leave();
        drop(liar);
        let (_key, victims) = scene.into_victims(lie);
        judge(victims);
    }
}
