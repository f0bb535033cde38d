//! Ctrl-C, sent as the signal: whoever gets it leaves with 130.

use crate::key::TestKey;
use crate::outcome::Outcome;
use crate::running::Running;

/// Interrupts a program and checks that it leaves as after Ctrl-C.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn interrupted(program: Running) -> Outcome {
    program.interrupt();
    let outcome = program.exit();
    outcome.expect_code(130).expect_signed_lines();
    outcome
}

/// Interrupts both sides of so many pairs at once, and checks that they leave nothing behind.
///
/// # Panics
/// When they do.
#[track_caller]
pub fn interrupt_both(
    rounds: usize,
    writer: impl Fn(&TestKey) -> Running,
    reader: impl Fn(&TestKey) -> Running,
) {
    // Often, for each has to see the other in the middle of leaving.
    for round in 0..rounds {
        let key = TestKey::new();
        let reader = reader(&key);
        let writer = writer(&key);
        if round % 2 == 0 {
            writer.interrupt();
            reader.interrupt();
        } else {
            reader.interrupt();
            writer.interrupt();
        }
        writer.exit().expect_code(130);
        let reader = reader.exit();
        // It may have seen the writer's end before its own Ctrl-C.
        assert!(matches!(reader.status.code(), Some(0 | 130)), "{reader:?}");
        key.expect_no_segment();
    }
}
