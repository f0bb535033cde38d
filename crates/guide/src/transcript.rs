//! Commands, and what they print: the `console` blocks of the book.
//!
//! A line that begins with `$ ` is a command, the lines up to the next one are what it
//! printed. `…` stands for whatever is there instead, within its line: process ids, times,
//! addresses. A line that is only `…` stands for any number of lines.

/// A command and the lines that it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Without the prompt.
    pub command: String,
    /// As the book shows them.
    pub output: Vec<String>,
}

/// What stands for anything.
pub const ANYTHING: &str = "…";

/// The commands of a block.
///
/// # Errors
/// It does not begin with one.
pub fn parse(block: &str) -> Result<Vec<Exchange>, String> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            exchanges.push(Exchange { command: command.to_owned(), output: Vec::new() });
        } else {
            let last = exchanges.last_mut().ok_or("output before the first command")?;
            last.output.push(line.to_owned());
        }
    }
    Ok(exchanges)
}

/// Whether `printed` is what the book shows, but for what differs each time.
#[must_use]
pub fn matches(shown: &[String], printed: &[&str]) -> bool {
    match shown {
        [] => printed.is_empty(),
        [first, rest @ ..] if first == ANYTHING => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        [first, rest @ ..] => match printed {
            [line, others @ ..] => line_matches(first, line) && matches(rest, others),
            [] => false,
        },
    }
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let Some((before, after)) = shown.split_once(ANYTHING) else { return shown == printed };
    let Some(rest) = printed.strip_prefix(before) else { return false };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| line_matches(after, &rest[at..]))
}
