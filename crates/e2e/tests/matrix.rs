//! The crash matrix: each side is killed before each of its steps, in exchanges of one, two and
//! sixteen slots, and nothing is lost, changed or left behind.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::{env, fs, thread};

use handoff_e2e::matrix::{Case, HEAD, Row, record};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::scenario::{Scenario, Side};
use handoff_e2e::steps::{self, Kill, Steps, with_steps};
use handoff_e2e::{Program, Scratch, TestKey};

const SLOTS: [usize; 3] = [1, 2, 16];

/// Cases at the same time: more than cores, because all of them wait for something most of
/// the time, and fewer than would change what they wait for.
const AT_ONCE: usize = 3;

/// How often a case is tried whose step was not reached: who sleeps how often depends on
/// who runs when.
const TRIES: usize = 5;

struct Recording {
    scenario: Scenario,
    slots: usize,
    side: Side,
    steps: Steps,
}

/// Applies `work` to each item, some at a time, and gives the results in order. What panics
/// gives none.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(index)
                {
                    let result = catch_unwind(AssertUnwindSafe(|| work(item))).ok();
                    results.lock().expect("no panic in here")[index] = result;
                }
            });
        }
    });
    results.into_inner().expect("no panic in here")
}

fn recordings() -> &'static [Recording] {
    static RECORDINGS: OnceLock<Vec<Recording>> = OnceLock::new();
    RECORDINGS.get_or_init(|| {
        let scenes: Vec<_> = SLOTS
            .iter()
            .flat_map(|&slots| Scenario::ALL.map(|scenario| (scenario, slots)))
            .collect();
        let recorded = in_parallel(&scenes, |&(scenario, slots)| {
            let sides = record(scenario, slots).into_iter();
            let recording = |(side, steps)| Recording { scenario, slots, side, steps };
            sides.map(recording).collect::<Vec<_>>()
        });
        let all = recorded.into_iter().map(|it| it.expect("an exchange without any death"));
        all.flatten().collect()
    })
}

#[test]
fn every_step_is_taken_in_some_exchange() {
    let taken: BTreeSet<_> = recordings().iter().flat_map(|it| it.steps.names()).collect();
    let missing: Vec<_> = steps::all().into_iter().filter(|step| !taken.contains(step)).collect();
    assert!(missing.is_empty(), "no exchange takes these steps: {missing:?}");
}

/// The first, a middle and the last time of each step; where more than the two take part in
/// the exchange, what is special about it is at its beginning and its end.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for Recording { scenario, slots, side, steps } in recordings() {
        for step in steps.names() {
            let count = steps.count(&step);
            let middle = count.div_ceil(2);
            let mut times = BTreeSet::from([1, count]);
            if scenario.is_plain() {
                times.insert(middle);
            }
            cases.extend(times.into_iter().map(|time| Case {
                scenario: *scenario,
                slots: *slots,
                side: *side,
                kill: Kill { step: step.clone(), time },
                patient: time != middle || count == 1 && time % 2 == slots % 2,
            }));
        }
    }
    cases
}

/// Runs the case; if its step is not reached, again, and for an earlier time of it.
fn run(case: &Case) -> Row {
    let mut case = case.clone();
    let mut row = case.run();
    for _ in 1..TRIES {
        if row.reached {
            break;
        }
        case.kill.time = case.kill.time.div_ceil(2);
        row = case.run();
    }
    row
}

#[test]
fn a_writer_after_one_that_died_behind_its_end_does_not_say_that_the_end_is_missing() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let kill = Kill { step: "Leave".into(), time: 1 };
    let writer = || Program::writer(&key).args(["--slots", "2"]);
    let dead = writer().reading("text\n");
    let dead = with_steps(dead, &scratch.path().join("steps"), Some(&kill)).start().exit();
    assert_eq!(dead.status.code(), None, "it was killed");
    // Text and end of the dead one fill both slots. So this one comes in, and stays.
    let mut next = writer().start();
    next.wait_until_asleep(Asleep::InFutex);
    assert!(!next.stderr().text().contains("did not end"), "{}", next.stderr().text());
}

fn matrix_file() -> PathBuf {
    env::var_os("HANDOFF_MATRIX").map_or_else(|| steps::target().join("matrix.txt"), PathBuf::from)
}

#[test]
fn nothing_is_lost_whoever_dies_at_whatever_step() {
    let cases = cases();
    let results = in_parallel(&cases, run);
    let mut table = format!("{HEAD}\n");
    for row in results.iter().flatten() {
        table.push_str(&format!("{row}\n"));
    }
    let failed: Vec<_> = results.iter().zip(&cases).filter(|(row, _)| row.is_none()).collect();
    for (_, case) in &failed {
        table.push_str(&format!("FAILED {case:?}\n"));
    }
    table.push_str(&format!("\n{}", steps::legend()));
    println!("{table}");
    fs::write(matrix_file(), &table).expect("the matrix can be kept");
    assert!(failed.is_empty(), "{} of {} cases failed", failed.len(), cases.len());
    let killed: BTreeSet<_> = results
        .iter()
        .zip(&cases)
        .filter(|(row, _)| row.as_ref().is_some_and(|row| row.reached))
        .map(|(_, case)| case.kill.step.clone())
        .collect();
    let missing: Vec<_> = steps::all().into_iter().filter(|step| !killed.contains(step)).collect();
    assert!(missing.is_empty(), "nobody was killed at these steps: {missing:?}");
}
