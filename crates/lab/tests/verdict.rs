//! How a verdict follows from what was seen, and what an experiment's process tells of it.

use handoff_lab::{Expect, Report, Stop, Tidings, Verdict};

fn verdict_of(parts: &[bool]) -> Result<Verdict, Stop> {
    let mut report = Report::new(false);
    parts.iter().for_each(|&holds| report.part("a part", holds));
    report.verdict()
}

#[test]
fn a_verdict_is_that_of_all_parts() {
    assert!(matches!(verdict_of(&[true, true]), Ok(Verdict::True)));
    assert!(matches!(verdict_of(&[false, false]), Ok(Verdict::False)));
    assert!(matches!(verdict_of(&[true, false, true]), Ok(Verdict::Partly)));
    assert!(matches!(verdict_of(&[]), Err(Stop::Failed(_))), "nothing seen is no verdict");
}

#[test]
fn a_verdict_meets_only_its_own_expectation() {
    let figure = Verdict::Figure("3 times".into());
    let verdicts = [Verdict::True, Verdict::Partly, Verdict::False, figure];
    let expected = [Expect::True, Expect::Partly, Expect::False, Expect::Figure];
    for (index, verdict) in verdicts.iter().enumerate() {
        for (other, &expect) in expected.iter().enumerate() {
            assert_eq!(verdict.is(expect), index == other, "{verdict}, {expect}");
        }
    }
}

#[test]
fn what_must_be_is_a_failure_if_it_is_not() {
    let report = Report::new(false);
    assert!(report.must(true, "water is wet").is_ok());
    let Err(Stop::Failed(why)) = report.must(false, "fire is cold") else { panic!("no failure") };
    assert!(why.contains("fire is cold"));
}

#[test]
fn tidings_arrive_as_they_were_sent() {
    for tidings in [
        Tidings::segment(7),
        Tidings::Setting { path: "/proc/sys/vm/nr_hugepages".into(), before: "0 0 1".into() },
        Tidings::Directory("/dev/shm/with a space".into()),
        Tidings::Call("shmget(key=1, size=2, 0) = 3".into()),
        Tidings::Verdict("partly true".into()),
        Tidings::Otherwise("false, but expected is true".into()),
        Tidings::Skipped("needs root".into()),
        Tidings::Failed("it died".into()),
    ] {
        assert_eq!(Tidings::from_line(&tidings.to_line()), Some(tidings));
    }
    let broken = Tidings::Failed("one\ntwo".into()).to_line();
    assert_eq!(Tidings::from_line(&broken), Some(Tidings::Failed("one two".into())));
    assert_eq!(Tidings::from_line("    shmat(3) = 0x7f0000000000"), None);
}
