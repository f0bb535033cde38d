//! How much memory the programs ever have resident, whatever is handed over.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use crate::conductor::Tools;
use crate::procfs::most_resident;
use crate::programs::{Pipeline, Programs};
use crate::side::Failure;
use crate::text::Text;

/// The most memory that each program had resident for one text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Resident {
    pub(crate) text: Text,
    /// Bytes handed over before it was read.
    pub(crate) bytes: u64,
    pub(crate) writer_bytes: u64,
    pub(crate) reader_bytes: u64,
}

/// Every text through both programs. Their most is read before the end of the text, as
/// it is gone with the process; what is on its way by then is no more than a pipe and a
/// segment hold.
///
/// # Errors
/// A program fails.
pub(crate) fn measure(tools: &Tools, programs: &Programs) -> Result<Vec<Resident>, Failure> {
    Text::ALL
        .into_iter()
        .map(|text| {
            tools.bar.set_message(format!("resident memory, {}", text.title()));
            let resident = one(tools, text, programs.bytes());
            tools.stage.sweep()?;
            resident
        })
        .collect()
}

fn one(tools: &Tools, text: Text, bytes: u64) -> Result<Resident, Failure> {
    let (stdin, mut into) = io::pipe()?;
    let mut running = Pipeline::Ours.start(tools, stdin, Stdio::null())?;
    let mut block = Vec::new();
    let file = tools.stage.texts.join("block");
    text.write(&file, 1 << 20)?;
    File::open(file)?.read_to_end(&mut block)?;
    for _ in 0..bytes / block.len() as u64 {
        into.write_all(&block)?;
    }
    let [writer, reader] = [0, 1].map(|at| running.0[at].id());
    let resident = Resident {
        text,
        bytes,
        writer_bytes: most_resident(writer)?,
        reader_bytes: most_resident(reader)?,
    };
    drop(into);
    tools.watch.wait_well(&mut running)?;
    Ok(resident)
}
