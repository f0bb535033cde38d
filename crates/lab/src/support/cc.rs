//! C programs, compiled when they are needed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Stop;

/// The C compiler. Its warnings are left out: they are right, and not what is asked.
const COMPILER: &str = "cc";

/// Compiles a program at an optimisation level (`-O0`) into a directory.
///
/// # Errors
/// [`Stop::Skipped`] if there is no C compiler; [`Stop::Failed`] with what it says otherwise.
pub fn compile(name: &str, source: &str, level: &str, into: &Path) -> Result<PathBuf, Stop> {
    let file = into.join(format!("{name}.c"));
    let program = into.join(name);
    std::fs::write(&file, source)?;
    let output = Command::new(COMPILER)
        .args(["-w", level, "-o"])
        .arg(&program)
        .arg(&file)
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Stop::skipped(format!("there is no C compiler ({COMPILER})")));
        }
        output => output?,
    };
    match output.status.success() {
        true => Ok(program),
        false => Err(Stop::failed(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// The first loop of `main` that calls nothing, as the processor sees it: how it waits. None
/// if there is no objdump or no such loop.
#[must_use]
pub fn waiting_loop(program: &Path) -> Option<Vec<String>> {
    let output = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn"])
        .arg(program)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    first_quiet_loop(&String::from_utf8_lossy(&output.stdout))
}

/// An instruction of a listing: its address, and where it jumps to, if it does.
struct Instruction<'a> {
    at: u64,
    to: Option<u64>,
    text: &'a str,
}

impl<'a> Instruction<'a> {
    /// Of a line such as `    1139:\tjmp    1139 <main+0x49>`.
    fn parse(line: &'a str) -> Option<Self> {
        let (at, text) = line.split_once(':')?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let to = match words[..] {
            [.., to, label] if label.starts_with("<main") => u64::from_str_radix(to, 16).ok(),
            _ => None,
        };
        let at = u64::from_str_radix(at.trim(), 16).ok()?;
        Some(Self { at, to, text: text.trim() })
    }

    /// With single blanks.
    fn line(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        format!("{:x}: {}", self.at, words.join(" "))
    }
}

fn first_quiet_loop(listing: &str) -> Option<Vec<String>> {
    let main: Vec<Instruction> = listing
        .lines()
        .skip_while(|line| !line.ends_with("<main>:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(Instruction::parse)
        .collect();
    main.iter().enumerate().find_map(|(end, last)| {
        let to = last.to.filter(|&to| to <= last.at)?;
        let begin = main.iter().position(|it| it.at == to)?;
        let inside = &main[begin..=end];
        let is_quiet =
            inside.iter().all(|it| !it.text.starts_with("call") && !it.text.starts_with("bl "));
        is_quiet.then(|| inside.iter().map(Instruction::line).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::first_quiet_loop;

    #[test]
    fn a_loop_that_jumps_to_itself_is_found() {
        let listing = "\n0000000000001060 <main>:\n    1060:\tcall   1040 <shmat@plt>\n    1065:\tjne    1060 <main>\n    1067:\tjmp    1067 <main+0x7>\n\n";
        assert_eq!(first_quiet_loop(listing), Some(vec!["1067: jmp 1067 <main+0x7>".into()]));
    }

    #[test]
    fn a_loop_that_loads_is_shown_whole() {
        let listing = "0000 <other>:\n    10:\tjmp    10 <other>\n\n0020 <main>:\n    20:\tmov    (%rax),%eax\n    22:\ttest   %eax,%eax\n    24:\tje     20 <main>\n";
        assert_eq!(first_quiet_loop(listing).map(|lines| lines.len()), Some(3));
    }

    #[test]
    fn without_a_loop_there_is_none() {
        assert_eq!(first_quiet_loop("0020 <main>:\n    20:\tret\n"), None);
    }
}
