//! Claim 25: a flag, set with release and seen with acquire.

use super::counting::{self, Agreement, Enough};
use crate::support::unseen;
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Hand-overs that are counted.
const ENOUGH: Enough = Enough { looks: 5_000, torn: 0 };

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "acquire-release",
    claim: 25,
    says: "synchronisation mends it",
    expect: Expect::True,
    remember: "one flag is enough if it is set with release and seen with acquire: what was \
        written before is seen behind, and with a weaker order it may work here and fail elsewhere",
    run: |report| unseen(|| run(report)),
    roles: counting::ROLES,
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("the two of torn-text, and a flag for whose turn it is: release and acquire:");
    let count = counting::count(EXPERIMENT.name, Agreement::AcquireRelease, ENOUGH)?;
    report.saw(format_args!("{} looks, {} of them at a mixture", count.looks, count.torn));
    report.part("no look comes upon unfinished text", count.torn == 0);

    report.does("the same, but the flag relaxed, in no order with the text:");
    let count = counting::count(EXPERIMENT.name, Agreement::Relaxed, ENOUGH)?;
    let on = std::env::consts::ARCH;
    report.saw(format_args!(
        "{} looks, {} of them at a mixture, on this {on}",
        count.looks, count.torn
    ));
    report.saw("which proves nothing: processor and compiler may reorder, and need not");
    report.does("loom tries every schedule of our own hand-off, with one place of it weakened:");
    report.saw("RUSTFLAGS='--cfg loom' cargo test --release -p handoff-proto --test loom");
    for schedule in SCHEDULES {
        report.does(format_args!("{}: {}", schedule.weakened, schedule.test));
        schedule.steps.iter().for_each(|step| report.saw(step));
    }
    report.verdict()
}

/// How our own hand-off breaks with one ordering weakened to relaxed.
struct Schedule {
    weakened: &'static str,
    /// Who does what, one after the other.
    steps: &'static [&'static str],
    /// In crates/proto/tests/loom.rs: it must fail.
    test: &'static str,
}

const SCHEDULES: [Schedule; 14] = [
    Schedule {
        weakened: "the writer hands over without release",
        steps: &[
            "writer: text = \"new\", then written 0 -> 1, and nothing keeps the two in order",
            "reader: written is 1; reads the text: still what was there before",
        ],
        test: "without_release_at_the_hand_over_the_text_may_be_stale",
    },
    Schedule {
        weakened: "the reader sees the hand-over without acquire",
        steps: &[
            "reader: its load of the text is done ahead: what was there before",
            "writer: text = \"new\", written 0 -> 1",
            "reader: written is 1, and the text that it has is the old one",
        ],
        test: "without_acquire_at_the_hand_over_the_text_may_be_stale",
    },
    Schedule {
        weakened: "the reader acknowledges without release",
        steps: &[
            "reader: written 1 -> 2, while its last loads of the text are still to be done",
            "writer: written is 2; text = \"next\"",
            "reader: the loads are done: half of one text, half of the next",
        ],
        test: "without_release_at_the_acknowledgement_the_text_may_change_while_it_is_read",
    },
    Schedule {
        weakened: "the writer sees the acknowledgement without acquire",
        steps: &[
            "writer: its stores of the next text are done ahead of its look at written",
            "reader: still reads: half of one text, half of the next",
            "reader: written 1 -> 2; writer: written is 2, too late",
        ],
        test: "without_acquire_at_the_acknowledgement_the_text_may_change_while_it_is_read",
    },
    Schedule {
        weakened: "the reader counts what is unread without acquire",
        steps: &[
            "reader: looks at the slot's length ahead of time: 0, as at first",
            "writer: length = 5, written 0 -> 1",
            "reader: written is 1 and the length was 0: the end of a stream, and no text",
        ],
        test: "without_acquire_at_the_count_of_what_is_unread_text_may_be_taken_for_an_end",
    },
    Schedule {
        weakened: "a writer leaves without release",
        steps: &[
            "writer: hands over in slot 0, written 0 -> 1; gives its role up, in no order",
            "next writer: the role is free; slot 0 looks free, too: it takes it for its place",
        ],
        test: "without_release_on_leaving_a_role_the_next_holder_loses_its_place",
    },
    Schedule {
        weakened: "the next writer takes the role without acquire",
        steps: &[
            "next writer: looks at slot 0 ahead of time: free",
            "writer: hands over in slot 0, gives its role up",
            "next writer: the role is free, and slot 0, as it looked, its place",
        ],
        test: "without_acquire_on_taking_a_role_the_next_holder_loses_its_place",
    },
    Schedule {
        weakened: "a writer's death is told without release",
        steps: &[
            "writer: written 0 -> 1; dies, and the kernel marks its role, in no order",
            "reader: the writer is dead; written is still 0: \"nothing more to come\"",
        ],
        test: "without_release_on_leaving_a_role_the_last_text_may_be_overlooked",
    },
    Schedule {
        weakened: "a writer's death is seen without acquire",
        steps: &[
            "reader: looks at written ahead of time: 0",
            "writer: written 0 -> 1; dies",
            "reader: the writer is dead, and written was 0: \"nothing more to come\"",
        ],
        test: "without_acquire_on_seeing_a_role_left_the_last_text_may_be_overlooked",
    },
    Schedule {
        weakened: "a writer leaves without release, while the reader closes",
        steps: &[
            "writer: written 0 -> 1; gives its role up, in no order",
            "reader: no writer, written is still 0: closes and removes it, with text in it",
        ],
        test: "without_release_on_leaving_a_role_it_may_be_closed_over_text",
    },
    Schedule {
        weakened: "the reader closes without acquire",
        steps: &[
            "reader: looks at written ahead of time: 0",
            "writer: written 0 -> 1; gives its role up",
            "reader: no writer, and written was 0: closes and removes it, with text in it",
        ],
        test: "without_acquire_on_closing_it_may_be_closed_over_text",
    },
    Schedule {
        weakened: "a reader has removed the object and says so without release",
        steps: &[
            "reader: removes the object; its role word = closed, in no order",
            "newcomer: closed, so it looks the key up again: the object is still there",
        ],
        test: "without_release_on_closing_ones_own_role_the_removed_object_may_be_found",
    },
    Schedule {
        weakened: "a newcomer sees it closed without acquire",
        steps: &[
            "newcomer: looks the key up ahead of time: the object is there",
            "reader: removes the object; its role word = closed",
            "newcomer: closed, and goes on with what it found",
        ],
        test: "without_acquire_on_seeing_it_closed_the_removed_object_may_be_found",
    },
    Schedule {
        weakened: "both leave at once, without the one fence",
        steps: &[
            "writer: gives its role up; looks at the reader's ahead of that: still held",
            "reader: gives its role up; looks at the writer's ahead of that: still held",
            "both: the other one will close it. Nobody does",
        ],
        test: "without_the_fence_two_that_leave_at_once_may_overlook_each_other",
    },
];

#[cfg(test)]
mod tests {
    use super::SCHEDULES;

    const LOOM: &str = include_str!("../../../../proto/tests/loom.rs");

    #[test]
    fn every_weaker_ordering_that_loom_tries_has_its_schedule() {
        let mut in_loom: Vec<&str> = LOOM
            .lines()
            .filter_map(|line| line.strip_prefix("fn without_")?.strip_suffix("() {"))
            .collect();
        let mut here: Vec<&str> = SCHEDULES
            .iter()
            .filter_map(|schedule| schedule.test.strip_prefix("without_"))
            .collect();
        in_loom.sort_unstable();
        here.sort_unstable();
        assert_eq!(in_loom, here);
    }
}
