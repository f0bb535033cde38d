//! One case of the crash matrix: who died at which step, and what became of the text.

use std::fmt;
use std::os::unix::process::ExitStatusExt;

use crate::lines::wide;
use crate::outcome::{Outcome, excerpt};
use crate::program::Program;
use crate::running::Running;
use crate::scenario::{Cast, Scenario, Scene, Side};
use crate::steps::{Kill, Steps};
use crate::stitch::SLOT;

/// Somebody dies at a step.
#[derive(Clone, Debug)]
pub struct Case {
    /// In which exchange.
    pub scenario: Scenario,
    /// Of how many slots.
    pub slots: usize,
    /// Who.
    pub side: Side,
    /// Where.
    pub kill: Kill,
    /// Successors come when the survivor has said what it has to say; else at once.
    pub patient: bool,
}

/// What came of it: a line of the matrix.
#[derive(Clone, Debug)]
pub struct Row {
    case: Case,
    /// It came to the step, and died there.
    pub reached: bool,
    said: &'static str,
    statuses: String,
    repeated: usize,
}

/// The head of the matrix.
pub const HEAD: &str =
    "slots  scenario              died    at step         time  exit   repeated  the other said";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { scenario, slots, side, kill, .. } = &self.case;
        let side = format!("{side:?}").to_lowercase();
        let said = if self.reached { self.said } else { "(it did not come to this)" };
        write!(
            f,
            "{slots:5}  {scenario:20}  {side:6}  {:14}  {:4}  {:5}  {:8}  {said}",
            kill.step, kill.time, self.statuses, self.repeated
        )
    }
}

/// The second stream of each case.
fn second_text() -> Vec<u8> {
    wide('B', 2)
}

/// Plays an exchange in which nobody dies, and gives the steps of those who can.
#[must_use]
pub fn record(scenario: Scenario, slots: usize) -> Vec<(Side, Steps)> {
    let scene = Scene::new(scenario, slots, None);
    let cast = scene.play();
    let sides = scenario.sides();
    match sides[0] {
        Side::Writer => drop(after_writer(&scene, cast, false)),
        Side::Reader => drop(after_reader(&scene, cast, false)),
    }
    sides.iter().map(|&side| (side, scene.steps(side))).collect()
}

impl Case {
    /// Lets it happen and checks everything.
    ///
    /// # Panics
    /// When text is lost, repeated without a word, or something is left behind.
    #[must_use]
    pub fn run(&self) -> Row {
        let scene = Scene::new(self.scenario, self.slots, Some((self.side, self.kill.clone())));
        let cast = scene.play();
        let patient = self.patient && self.scenario.is_plain();
        let after = match self.side {
            Side::Writer => after_writer(&scene, cast, patient),
            Side::Reader => after_reader(&scene, cast, patient),
        };
        scene.key.expect_no_segment();
        let reached = scene.steps(self.side).reached(&self.kill);
        assert_eq!(reached, after.dead.status.signal() == Some(9), "it died where it was to die");
        let statuses = after.survivors.iter().filter_map(|it| it.status.code());
        Row {
            case: self.clone(),
            reached,
            said: after.survivors.iter().find_map(|it| said(&it.stderr)).unwrap_or("-"),
            statuses: statuses.map(|code| code.to_string()).collect::<Vec<_>>().join(","),
            repeated: after.repeated,
        }
    }
}

/// The part of somebody's notices that tells of a death.
fn said(stderr: &str) -> Option<&'static str> {
    const NEWS: [&str; 9] = [
        "the writer died before it ended its stream",
        "the reader died; the next one goes on where it stopped",
        "the last writer did not end its stream",
        "the last writer died; it left nothing unfinished",
        "a writer died before it ended its stream, and the next went on with it",
        "the last reader died while it closed the exchange",
        "the last reader died; it may have printed some of this",
        "the last reader died; going on behind it",
        "has left without ending its stream",
    ];
    NEWS.into_iter().find(|news| stderr.contains(news))
}

struct After {
    dead: Outcome,
    /// Who lived through it or came after it, in the order of their ends.
    survivors: Vec<Outcome>,
    /// Slots that were printed twice.
    repeated: usize,
}

/// The writer dies, or ends: what it handed over is printed, then what the next one has.
fn after_writer(scene: &Scene, cast: Cast, patient: bool) -> After {
    let dead = cast.writer.expect("a writer takes part").exit();
    let (steps, kill) = (scene.steps(Side::Writer), scene.kill_of(Side::Writer));
    let (handed_over, slots) = (steps.done("HandOver", kill), scene.scenario.text(scene.slots));
    let mut expected = scene.text();
    expected.truncate(handed_over.min(slots) * SLOT);
    let ended = handed_over > slots;
    let claimed = steps.count("ClaimHold") > 0;
    let mut first = cast.reader;
    let mut survivors = Vec::new();
    if patient && claimed {
        let reader = first.take().unwrap_or_else(|| Program::reader(&scene.key).start()).exit();
        reader.expect_code(if ended { 0 } else { 3 }).expect_stdout(&expected);
        if !ended {
            reader.expect_stderr("the writer died before it ended its stream");
        }
        scene.key.expect_no_segment();
        expected.clear();
        survivors.push(reader);
    }
    expected.extend(second_text());
    let successor = scene.writer_of(&second_text()).start();
    survivors.extend(read_all(scene, first, &expected));
    survivors.push(successor.exit());
    let successor = &survivors[survivors.len() - 1];
    successor.expect_code(0).expect_signed_lines();
    let orphaned = survivors.iter().any(|it| it.status.code() == Some(3));
    let told = orphaned || successor.stderr.contains("the last writer");
    if scene.scenario.is_plain() {
        assert!(told || ended || !claimed, "a writer died, and nobody says so");
        assert!(!orphaned || claimed && !ended, "nobody died, and a reader says so");
    }
    After { dead, survivors, repeated: 0 }
}

/// The reader dies, or ends: the next one prints what it has not acknowledged.
fn after_reader(scene: &Scene, cast: Cast, patient: bool) -> After {
    let dead = cast.reader.expect("a reader takes part").exit();
    let (steps, kill) = (scene.steps(Side::Reader), scene.kill_of(Side::Reader));
    let (text, slots) = (scene.text(), scene.scenario.text(scene.slots));
    let acknowledged = steps.done("Acknowledge", kill).min(slots);
    assert!(
        text.starts_with(&dead.stdout),
        "what it printed is no beginning of the text: {}",
        excerpt(&dead.stdout)
    );
    let repeated = dead.stdout.len().checked_sub(acknowledged * SLOT);
    let repeated = repeated.expect("nothing is acknowledged before it is printed").div_ceil(SLOT);
    assert!(repeated <= scene.slots, "{repeated} slots are printed and not acknowledged");
    let mut writer = cast.writer;
    let stuck = acknowledged + scene.slots < slots + 1;
    if patient && stuck && steps.count("ClaimHold") > 0 {
        writer.as_mut().expect("a writer takes part").wait_until_says("the reader died");
    }
    let next = Program::reader(&scene.key).start();
    let mut survivors = Vec::new();
    survivors.extend(writer.map(|writer| end_writer(scene, writer)));
    let successor = scene.writer_of(&second_text()).start();
    let expected = [&text[acknowledged * SLOT..], &second_text()].concat();
    let readers = read_all(scene, Some(next), &expected);
    for reader in &readers {
        reader.expect_code(0);
    }
    if repeated > 0 {
        readers[0].expect_stderr("may have printed");
    }
    survivors.extend(readers);
    let successor = successor.exit();
    successor.expect_code(0).expect_signed_lines();
    After { dead, survivors, repeated }
}

fn end_writer(scene: &Scene, mut writer: Running) -> Outcome {
    if scene.scenario == Scenario::ReaderLeavesWriter {
        writer.close_stdin();
    }
    let writer = writer.exit();
    writer.expect_code(0).expect_signed_lines();
    writer
}

/// One reader after the other, until all that is expected is printed. No text is printed twice
/// here, for none of these dies. The last one sees the end of the last stream.
fn read_all(scene: &Scene, first: Option<Running>, expected: &[u8]) -> Vec<Outcome> {
    let mut readers: Vec<Outcome> = Vec::new();
    let mut printed = Vec::new();
    let mut next = first;
    while printed.len() < expected.len() {
        assert!(readers.len() < 4, "readers end and print nothing: {readers:?}");
        let reader = next.take().unwrap_or_else(|| Program::reader(&scene.key).start()).exit();
        let code = reader.status.code();
        assert!(matches!(code, Some(0 | 3)), "{code:?}: {}", reader.stderr);
        reader.expect_signed_lines();
        printed.extend_from_slice(&reader.stdout);
        readers.push(reader);
    }
    assert!(printed == expected, "printed is {}, not {}", show(&printed), show(expected));
    let last = readers.last().expect("something is always expected");
    let broken = last.stderr.contains("a writer died before it ended its stream");
    last.expect_code(if broken { 3 } else { 0 });
    readers
}

/// The streams and slots of a text, shortly.
fn show(text: &[u8]) -> String {
    let slots = text.chunks(SLOT).map(|slot| excerpt(&slot[..slot.len().min(15)]));
    format!("{} bytes {:?}", text.len(), slots.collect::<Vec<_>>())
}
