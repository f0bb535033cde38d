//! A terminal that can be looked at: tmux(1) draws what a program sends, and tells what is seen.
//!
//! The server is the test's own, at a socket in a directory of the test's own. It dies with the
//! test, however that ends, and whatever runs in it gets SIGHUP.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::scratch::Scratch;
use crate::watchdog::wait_until;

/// One window with one program.
#[derive(Debug)]
pub struct Tmux {
    socket: PathBuf,
    server: Child,
    /// Dropped last: the socket lies in it.
    _directory: Scratch,
}

impl Tmux {
    /// Runs `command` in a terminal of so many columns and lines. Its exit status can be asked
    /// for when it has ended: the window stays.
    ///
    /// # Panics
    /// When tmux does not run.
    #[must_use]
    pub fn new(columns: u16, lines: u16, command: &[&str]) -> Self {
        let directory = Scratch::new();
        let socket = directory.path().join("tmux");
        let server = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "tmux", "-D", "-f", "/dev/null", "-S"])
            .arg(&socket)
            .env_remove("RUST_LOG")
            .env_remove("TMUX")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("util-linux's setpriv runs");
        let tmux = Self { socket, server, _directory: directory };
        wait_until("tmux listens", || {
            tmux.socket.exists().then_some(())?;
            tmux.try_ask(&["set-option", "-g", "remain-on-exit", "on"]).map(|_| ())
        });
        let (width, height) = (columns.to_string(), lines.to_string());
        let mut words = vec!["new-session", "-d", "-x", &width, "-y", &height];
        words.extend(command);
        tmux.ask(&words);
        tmux
    }

    fn try_ask(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .args(words)
            .env_remove("TMUX")
            .stdin(Stdio::null())
            .output()
            .expect("tmux runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// One command of tmux(1), and what it prints.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn ask(&self, words: &[&str]) -> String {
        self.try_ask(words).unwrap_or_else(|| panic!("tmux {words:?} fails"))
    }

    /// What is on the screen, line by line.
    #[must_use]
    pub fn screen(&self) -> Vec<String> {
        self.ask(&["capture-pane", "-p"]).lines().map(str::to_owned).collect()
    }

    /// The same with its colours, as escape sequences.
    #[must_use]
    pub fn colours(&self) -> String {
        self.ask(&["capture-pane", "-p", "-e"])
    }

    /// Types: names of keys as tmux has them, `q`, `Escape`, `C-c`.
    pub fn type_in(&self, keys: &[&str]) {
        self.ask(&[&["send-keys"], keys].concat());
    }

    /// Changes the terminal's size.
    pub fn resize(&self, columns: u16, lines: u16) {
        self.ask(&["resize-window", "-x", &columns.to_string(), "-y", &lines.to_string()]);
    }

    /// Waits until the screen is as `probe` wants it.
    pub fn wait_until(&self, condition: &str, probe: impl Fn(&[String]) -> bool) -> Vec<String> {
        crate::watchdog::wait_until(condition, || {
            let lines = self.screen();
            probe(&lines).then_some(lines)
        })
    }

    /// Waits until some line has this text in it.
    pub fn wait_for(&self, text: &str) -> Vec<String> {
        self.wait_until(&format!("the screen shows {text:?}"), |lines| {
            lines.iter().any(|line| line.contains(text))
        })
    }

    /// The process id of the program.
    ///
    /// # Panics
    /// Never: tmux numbers are numbers.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.ask(&["display-message", "-p", "#{pane_pid}"]).trim().parse().expect("a number")
    }

    /// Waits for the program's end, and gives its exit status, or the signal it died of.
    #[must_use]
    pub fn status(&self) -> String {
        // tmux sees the terminal closed first, and the process ended a moment later.
        let how = "#{pane_dead} #{pane_dead_status}#{pane_dead_signal}";
        wait_until("the program in the terminal has ended", || {
            let answer = self.ask(&["display-message", "-p", how]);
            let status = answer.trim_end_matches('\n').strip_prefix("1 ")?;
            if status.is_empty() {
                // tmux 3.3a now and then overlooks a SIGCHLD. Another child's end has it look.
                let _ = self.try_ask(&["run-shell", "true"]);
            }
            (!status.is_empty()).then(|| status.to_owned())
        })
    }

    /// Whether the program is still showing a full screen, above what was there before.
    #[must_use]
    pub fn is_in_full_screen(&self) -> bool {
        self.ask(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        if thread::panicking() {
            let screen = self.try_ask(&["capture-pane", "-p"]);
            eprintln!("the screen:\n{}", screen.unwrap_or_default());
        }
        let _ = self.try_ask(&["kill-server"]);
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
