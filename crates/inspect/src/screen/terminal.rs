//! A terminal in full-screen mode, and back again however the program ends.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use ratatui::DefaultTerminal;

/// Full-screen mode, until it is dropped. A panic leaves it before it says what happened.
pub(crate) struct Screen {
    pub(crate) terminal: DefaultTerminal,
}

impl Screen {
    /// Enters it.
    ///
    /// # Errors
    /// There is no terminal to read keys from and to draw on.
    pub(crate) fn enter() -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "stdin and stdout must be a terminal",
            ));
        }
        Ok(Self { terminal: ratatui::try_init()? })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // After a panic it has been left already, and what was said of that is on the terminal:
        // to leave it twice would put the cursor back to where it was before. And the terminal
        // may be gone; then there is nothing to put back.
        if !std::thread::panicking() {
            let _ = ratatui::try_restore();
        }
    }
}

/// Waits for a key, another size or the end of the time. False if the terminal is gone.
///
/// Before crossterm is asked: at a terminal that is gone it would read for ever.
pub(crate) fn rest(time: Duration) -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    // An error is EINTR: SIGWINCH, another size.
    let _ = poll(&mut fds, PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX));
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
    !fds[0].revents().is_some_and(|events| events.intersects(gone))
}

#[cfg(test)]
mod tests {
    use handoff_e2e::Tmux;

    use super::Screen;

    /// Tells this very test that it is the program inside the terminal.
    const INSIDE: &str = "HANDOFF_PANIC_ON_SCREEN";

    #[test]
    fn a_panic_leaves_the_terminal_as_it_was() {
        if std::env::var_os(INSIDE).is_some() {
            let _screen = Screen::enter().unwrap();
            panic!("said on the screen of before");
        }
        let program = std::env::current_exe().unwrap().display().to_string();
        let name = "screen::terminal::tests::a_panic_leaves_the_terminal_as_it_was";
        let script = format!(
            "stty -a | cksum; {INSIDE}=1 \"$0\" --exact {name} --nocapture; stty -a | cksum; read line"
        );
        let screen = Tmux::new(100, 40, &["sh", "-c", &script, &program]);
        let lines = screen.wait_until("both sums are there", |lines| sums(lines).count() == 2);
        assert!(!screen.is_in_full_screen());
        assert!(
            lines.iter().any(|line| line.contains("said on the screen of before")),
            "{lines:?}"
        );
        let sums: Vec<_> = sums(&lines).collect();
        assert_eq!(sums[0], sums[1], "echo and line editing are as they were");
    }

    /// What cksum(1) prints: two numbers.
    fn sums(lines: &[String]) -> impl Iterator<Item = &str> {
        let is_sum = |line: &&str| {
            let words: Vec<_> = line.split_whitespace().collect();
            words.len() == 2 && words.iter().all(|word| word.parse::<u64>().is_ok())
        };
        lines.iter().map(String::as_str).filter(is_sum)
    }
}
