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
//! | `stage` | both, the segment, and the moves |
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
#[path = "stepping/story.rs"]
mod story;
#[path = "stepping/table.rs"]
mod table;
#[path = "stepping/words.rs"]
mod words;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use explorer::Graph;
use table::Table;

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

#[test]
fn the_table_is_what_the_programs_do() {
    let graph = explorer::explore();
    eprintln!("{} states, {} moves", graph.states.len(), moves(&graph));
    expect_written("table.json", &Table::of(&graph).to_json());
    expect_written("story.md", &story::as_markdown(&graph));
}

fn moves(graph: &Graph) -> usize {
    graph.edges.iter().flatten().flatten().count()
}
