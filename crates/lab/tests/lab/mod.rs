//! Runs an experiment as a person does, and looks at its verdict and at what it leaves.

use handoff_e2e::{Program, segment, skip};
use nix::sched::{CloneFlags, unshare};

/// Runs `lab NAME`, which has to come to a verdict that begins with this; the parts of the
/// claim that do not hold begin with these, if any are named. Skipped with its reason where it
/// cannot be shown.
#[track_caller]
pub(crate) fn comes_to(name: &str, claim: u8, verdict: &str, wrong: &[&str]) {
    // In a namespace of this thread's own, whatever is left is the experiment's. Who may not
    // have one runs it among others' segments, and knows less.
    let alone = unshare(CloneFlags::CLONE_NEWIPC).is_ok();
    let outcome = Program::bare("lab").args([name]).start().exit();
    let stdout = String::from_utf8(outcome.stdout.clone()).expect("lab prints text");
    // Shown if the test fails.
    print!("{stdout}");
    outcome.expect_code(0).expect_silence();
    let of =
        |word: &str| stdout.lines().find_map(|line| line.strip_prefix(word).map(str::to_owned));
    assert!(of(&format!("claim {claim}: ")).is_some(), "the claim is named");
    match (of("verdict: "), of("skipped: ")) {
        (Some(said), None) => {
            assert!(said.starts_with(verdict), "{said:?} is not {verdict:?}");
            expect_wrong(&stdout, wrong);
        }
        (None, Some(why)) => skip::skip(&why),
        both => panic!("neither a verdict nor a reason, or both: {both:?}"),
    }
    if alone {
        assert_eq!(segment::all(), [], "segments are left");
    }
}

#[track_caller]
fn expect_wrong(stdout: &str, wrong: &[&str]) {
    let said = stdout.lines().filter_map(|line| line.strip_prefix("  does not hold: "));
    let said: Vec<_> = said.collect();
    let same = said.iter().zip(wrong).all(|(said, wrong)| said.starts_with(wrong));
    let unnamed = wrong.is_empty();
    assert!(unnamed || same && said.len() == wrong.len(), "other parts do not hold: {said:#?}");
}

/// One test for each experiment: the test's name, claim, the experiment's name, verdict; and
/// what of the claim does not hold.
macro_rules! experiments {
    ($($test:ident: $claim:literal, $name:literal, $verdict:literal $(, but $wrong:expr)?;)*) => {
        $(#[test]
        fn $test() {
            crate::lab::comes_to($name, $claim, $verdict, [$(&$wrong[..],)? &[]][0]);
        })*
    };
}
pub(crate) use experiments;
