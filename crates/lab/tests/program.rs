//! The program around the experiments: its list, its exit statuses, and that nothing is left
//! behind when an experiment is killed.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use handoff_e2e::segment::{self, Row};
use handoff_e2e::{Input, Outcome, Output, Program, Running, procfs, skip, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn lab(args: &[&str]) -> Outcome {
    Program::bare("lab").args(args).start().exit()
}

fn lines(outcome: &Outcome) -> Vec<String> {
    let text = String::from_utf8(outcome.stdout.clone()).expect("lab prints text");
    text.lines().map(str::to_owned).collect()
}

/// `lab --step attach-twice`, waiting for Enter with a segment made and attached twice; with
/// the process in which it runs, and the segment.
fn halted() -> (Running, i32, Row) {
    let mut running =
        Program::bare("lab").args(["--step", "attach-twice"]).input(Input::Open).start();
    running.wait_while_alive("waits for Enter", |lab| lab.stdout().text().contains("[Enter]"));
    let mut rows = segment::all().into_iter();
    let row = rows.find(|row| parent(row.creator) == Some(running.pid()));
    let row = row.expect("the experiment's segment is in the table");
    assert_eq!(row.attached, 2, "what the last step left is there to be looked at");
    (running, row.creator, row)
}

fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may have spaces and brackets.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The one child of a process.
fn child(pid: i32) -> Option<i32> {
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.find(|&one| parent(one) == Some(pid))
}

#[test]
fn the_list_has_each_claim_once_and_in_order() {
    let outcome = lab(&[]);
    outcome.expect_code(0).expect_silence();
    let rows = lines(&outcome);
    let claims: Vec<u8> = rows
        .iter()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect();
    assert!(claims.starts_with(&(1..=17).collect::<Vec<_>>()), "{claims:?}");
    assert!(claims.is_sorted() && claims.iter().all(|claim| *claim <= 32), "{claims:?}");
    let heading = |title: &str| rows.iter().position(|line| line == title).expect("a heading");
    let headings = ["System V, one call at a time", "Sharing without agreeing", "The other ways"];
    assert!(headings.map(heading).is_sorted());
}

#[test]
fn a_wrong_command_line_is_one_line() {
    for args in [&["no-such-experiment"][..], &["--no-such-option"], &["lock", "no-such-one"]] {
        lab(args).expect_code(2).expect_line_with(&["lab --help"]);
    }
    lab(&["page-roundin"]).expect_code(2).expect_line_with(&["page-roundin"]);
}

#[test]
fn the_calls_are_shown_as_they_were_made() {
    let outcome = lab(&["page-rounding"]);
    outcome.expect_code(0).expect_silence();
    let rows = lines(&outcome);
    let call = rows.iter().find(|line| line.contains("shmget(")).expect("it makes a segment");
    assert!(call.contains("size=2052, IPC_CREAT|IPC_EXCL|0600) = "), "{call:?}");
    assert!(rows.iter().any(|line| line.contains("shm_segsz is 2052")));
    // What is for the process that started it is not for people.
    assert!(!outcome.stdout.contains(&1), "tidings are shown");
}

#[test]
fn several_are_counted_in_a_table() {
    let outcome = lab(&["where-it-is-mapped", "page-rounding"]);
    outcome.expect_code(0).expect_silence();
    let rows = lines(&outcome);
    let table = [
        "System V, one call at a time",
        "   1  page-rounding       partly true",
        "   6  where-it-is-mapped  false",
        "2 verdicts as expected, 0 otherwise, 0 skipped",
    ];
    assert!(rows.ends_with(&table.map(str::to_owned)), "{rows:#?}");
}

#[test]
fn enter_goes_on() {
    let (mut running, _, row) = halted();
    running.feed("\n\n");
    running.exit().expect_code(0).expect_silence();
    wait_until("the segment is removed", || segment::find_id(row.id).is_none().then_some(()));
}

#[test]
fn an_experiment_that_is_killed_is_tidied_up_after() {
    let (running, inside, row) = halted();
    kill(Pid::from_raw(inside), Signal::SIGKILL).expect("it is ours to kill");
    let outcome = running.exit();
    outcome.expect_code(1).expect_silence();
    let rows = lines(&outcome);
    assert!(rows.iter().any(|line| line.starts_with("FAILED: it died")), "{rows:?}");
    assert_eq!(segment::find_id(row.id), None);
}

#[test]
fn peers_do_not_outlive_an_experiment_that_is_killed() {
    let mut lab = Program::bare("lab").args(["--step", "fork-and-exec"]).input(Input::Open).start();
    lab.feed("\n\n\n\n");
    // Until it is about to kill a child that looks at nothing and would stay for ever.
    let waits = |lab: &Running| lab.stdout().text().matches("[Enter]").count() == 5;
    lab.wait_while_alive("waits with a child", waits);
    let inside = child(lab.pid()).expect("the experiment runs");
    let peer = child(inside).expect("so does its child");
    kill(Pid::from_raw(inside), Signal::SIGKILL).expect("it is ours to kill");
    lab.exit().expect_code(1).expect_silence();
    // A zombie has ended, too.
    let ended = || parent(peer).is_none() || procfs::state(peer) == Some('Z');
    wait_until("the child has ended", || ended().then_some(()));
}

#[test]
fn a_setting_of_the_kernel_is_put_back_when_the_experiment_is_killed() {
    const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    let Ok(before) = fs::read_to_string(POOL) else { return skip::skip("needs huge pages") };
    if !skip::is_root_or_skips() {
        return;
    }
    let mut lab = Program::bare("lab").args(["--step", "huge-pages"]).input(Input::Open).start();
    let changes = "    -> ".to_owned() + POOL;
    let mut steps = 0;
    while !lab.stdout().text().contains(&changes) {
        steps += 1;
        let waits = |lab: &Running| lab.stdout().text().matches("[Enter]").count() == steps;
        let mut ended = false;
        lab.wait_while_alive("waits for Enter, or has ended", |lab| {
            ended = lab.stdout().text().contains("claim 16");
            ended || waits(lab)
        });
        if ended {
            return skip::skip("the experiment changes nothing here");
        }
        if lab.stdout().text().contains(&changes) {
            break;
        }
        lab.feed("\n");
    }
    assert_ne!(fs::read_to_string(POOL).expect("it is there"), before, "it is changed");
    let inside = child(lab.pid()).expect("the experiment runs");
    kill(Pid::from_raw(inside), Signal::SIGKILL).expect("it is ours to kill");
    lab.exit().expect_code(1).expect_silence();
    assert_eq!(fs::read_to_string(POOL).expect("it is there"), before, "it is put back");
}

#[test]
fn ctrl_c_ends_it_and_leaves_nothing() {
    let (running, inside, row) = halted();
    // As a terminal does: to all of them.
    kill(Pid::from_raw(inside), Signal::SIGINT).expect("it is ours");
    let outcome = running.exit();
    outcome.expect_code(130).expect_silence();
    assert_eq!(segment::find_id(row.id), None);
}

/// What both get when their terminal is closed, and what only the one that shows it gets.
fn goes_on_after(signal: Signal, to_both: bool) {
    let (mut running, inside, row) = halted();
    if to_both {
        kill(Pid::from_raw(inside), signal).expect("it is ours");
    }
    kill(Pid::from_raw(running.pid()), signal).expect("it is ours");
    // Nobody can press Enter any more: it goes on without.
    running.close_stdin();
    assert_eq!(running.exit().status.signal(), Some(signal as i32));
    wait_until("the segment is removed", || segment::find_id(row.id).is_none().then_some(()));
}

#[test]
fn an_experiment_goes_on_when_the_one_that_shows_it_is_killed() {
    goes_on_after(Signal::SIGKILL, false);
}

#[test]
fn an_experiment_goes_on_when_its_terminal_is_closed() {
    goes_on_after(Signal::SIGHUP, true);
}

#[test]
fn who_closes_the_output_ends_it_all_well() {
    let closed = Program::bare("lab").args(["all"]).output(Output::Closed).start();
    let outcome = closed.exit();
    outcome.expect_code(0).expect_silence();
}
