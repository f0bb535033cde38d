//! Runs an experiment as a person does, and looks at its verdict.

use handoff_e2e::{Program, skip};

/// Runs `lab NAME`, which has to come to `verdict`: a line it prints begins with that. Skipped
/// with its reason where it cannot be shown.
#[track_caller]
pub(crate) fn comes_to(name: &str, claim: u8, verdict: &str) {
    let outcome = Program::bare("lab").args([name]).start().exit();
    let stdout = String::from_utf8(outcome.stdout.clone()).expect("lab prints text");
    eprintln!("{stdout}{}", outcome.stderr);
    outcome.expect_code(0).expect_silence();
    let of =
        |word: &str| stdout.lines().find_map(|line| line.strip_prefix(word).map(str::to_owned));
    assert!(of(&format!("claim {claim}: ")).is_some(), "the claim is named");
    match (of("verdict: "), of("skipped: ")) {
        (Some(said), None) => assert!(said.starts_with(verdict), "{said:?} is not {verdict:?}"),
        (None, Some(why)) => skip::skip(&why),
        both => panic!("neither a verdict nor a reason, or both: {both:?}"),
    }
}

/// One test for each experiment: the name as a test has it, claim, name, verdict.
macro_rules! experiments {
    ($($test:ident: $claim:literal, $name:literal, $verdict:literal;)*) => {
        $(#[test]
        fn $test() {
            crate::lab::comes_to($name, $claim, $verdict);
        })*
    };
}
pub(crate) use experiments;
