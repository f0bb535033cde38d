//! The table behind the page that steps through a hand-off: made anew, and compared.
//!
//! The real writer and reader are held before each step, and every move that the page allows is
//! made in every state that there is. `HANDOFF_BLESS=1` writes down what came of it.
//!
//! | module | owns |
//! |---|---|
//! | `words` | which steps the page shows, and what it says of them |
//! | `actor` | a process that is held before each step |
//! | `memory` | what is in the segment, said alike in every run |
//! | `mind` | what a program remembers |
//! | `state` | where both are, and which moves can be made there |
//! | `stage` | the processes, the segment, and how a move is made |
//! | `explorer` | all states and moves |
//! | `scenario` | the stories that the page can play |
//! | `table` | all of it as JSON |
//! | `story` | the first story as a table |

#[path = "stepping/actor.rs"]
mod actor;
#[path = "stepping/explorer.rs"]
mod explorer;
#[path = "stepping/memory.rs"]
mod memory;
#[path = "stepping/mind.rs"]
mod mind;
#[path = "stepping/scenario.rs"]
mod scenario;
#[path = "stepping/stage.rs"]
mod stage;
#[path = "stepping/state.rs"]
mod state;
#[path = "stepping/story.rs"]
mod story;
#[path = "stepping/table.rs"]
mod table;
#[path = "stepping/words.rs"]
mod words;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use actor::Place;
use explorer::Graph;
use table::Table;
use words::Side;

/// The two files that the page includes.
fn beside_the_page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("book/step").join(name)
}

fn expect_written(name: &str, made: &str) {
    let path = beside_the_page(name);
    if env::var_os("HANDOFF_BLESS").is_some() {
        fs::write(&path, made).expect("our own file");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(made.lines()).position(|(old, new)| old != new);
    assert!(
        written == made,
        "{} is not what the programs do now (line {differs:?}): write it anew with HANDOFF_BLESS=1",
        path.display()
    );
}

/// Everything, explored once for all tests.
fn graph() -> &'static Graph {
    static GRAPH: OnceLock<Graph> = OnceLock::new();
    GRAPH.get_or_init(explorer::explore)
}

#[test]
fn the_table_is_what_the_programs_do() {
    expect_written("table.json", &Table::of(graph()).to_json());
    expect_written("story.md", &story::as_markdown(graph()));
}

#[test]
fn every_stop_is_a_step_of_the_programs() {
    let steps = handoff_e2e::steps::all();
    for stop in &words::STOPS {
        assert!(steps.iter().any(|step| step == stop.name), "{} is no step", stop.name);
    }
}

#[test]
fn nobody_sleeps_while_it_is_its_turn() {
    let mut asleep = 0;
    for state in &graph().states {
        // Who is about to wake it, or to claim a role, is neither asleep nor dead.
        if Side::BOTH.iter().any(|&side| state.can_go(side)) {
            continue;
        }
        for side in Side::BOTH {
            if state.place(side) == Some(Place::Asleep) {
                let memory = state.memory_of(side).expect("it sleeps on a word of it");
                assert!(!memory.is_turn_of(side), "the {} sleeps in {state:?}", side.name());
                asleep += 1;
            }
        }
    }
    assert!(asleep > 10, "there is hardly a state in which somebody sleeps");
}

#[test]
fn what_is_acknowledged_was_printed_and_nothing_else_is() {
    for (state, edges) in graph().states.iter().zip(&graph().edges) {
        let Some(edge) = &edges[Side::Reader as usize] else { continue };
        let printed = &edge.effect[Side::Reader as usize].stdout;
        if state.place(Side::Reader) == Some(Place::Before("Output")) {
            let waiting = state.memory_of(Side::Reader).expect("it is attached").waiting();
            assert!(!printed.is_empty() && waiting.starts_with(printed.as_str()), "{state:?}");
        } else {
            assert_eq!(printed, "", "{state:?}");
        }
    }
}
