//! Whose segment it is, and who may use it: the cases in the directory `cases`, replayed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use handoff_e2e::case::Case;
use handoff_e2e::replay::replay;
use handoff_e2e::skip::{is_root_or_skips, skip};

/// What the names of the cases begin with; each group is one of the tests below.
const GROUPS: [&str; 5] = ["squatting-", "given-", "denied-", "trusted-", "shared-"];

fn cases() -> Vec<(String, PathBuf)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let entries = fs::read_dir(directory).expect("there are cases");
    let mut cases: Vec<_> = entries
        .map(|entry| entry.expect("a case"))
        .map(|entry| (entry.file_name().into_string().expect("a plain name"), entry.path()))
        .collect();
    cases.sort();
    cases
}

fn replay_group(group: &str) {
    if !is_root_or_skips() {
        return;
    }
    if Command::new("perl").arg("-v").output().is_err() {
        return skip("needs perl to make and to give away a segment");
    }
    for (name, path) in cases().iter().filter(|(name, _)| name.starts_with(group)) {
        // Shown if it fails.
        eprintln!("{name}");
        replay(&Case::read(path));
    }
}

#[test]
fn every_case_is_well_formed_and_in_one_group() {
    let cases = cases();
    for (name, path) in &cases {
        assert!(GROUPS.iter().any(|group| name.starts_with(group)), "{name} is never replayed");
        assert!(!Case::read(path).steps.is_empty(), "{name} does nothing");
    }
    for group in GROUPS {
        assert!(cases.iter().any(|(name, _)| name.starts_with(group)), "no case {group}");
    }
}

#[test]
fn a_segment_that_another_user_put_in_our_way_is_refused_untouched() {
    replay_group("squatting-");
}

#[test]
fn a_segment_that_was_given_away_is_refused_with_its_creators_name() {
    replay_group("given-");
}

#[test]
fn a_mode_that_shuts_us_out_is_said_and_nothing_changes() {
    replay_group("denied-");
}

#[test]
fn a_segment_of_a_trusted_user_is_used_on_demand() {
    replay_group("trusted-");
}

#[test]
fn two_users_share_a_segment_that_its_owner_opened_up() {
    replay_group("shared-");
}
