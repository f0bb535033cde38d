//! How a program ended and what it had printed, with the checks that tests repeat.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// A finished program.
#[derive(Debug)]
pub struct Outcome {
    /// `writer` or `reader`.
    pub name: &'static str,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to a captured stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Outcome {
    /// Checks the exit status; a death by signal is never the expected one.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{} ended otherwise (signal {:?}); its stderr:\n{}",
            self.name,
            self.status.signal(),
            self.stderr
        );
        self
    }

    /// Checks the bytes on stdout and shows where they differ: dumps of megabytes help nobody.
    ///
    /// # Panics
    /// When they differ.
    #[track_caller]
    pub fn expect_stdout(&self, expected: &[u8]) -> &Self {
        if self.stdout != expected {
            let same = self.stdout.iter().zip(expected).take_while(|(a, b)| a == b).count();
            panic!(
                "{} printed {} bytes, expected {}; from byte {same} on they are {:?}, expected {:?}; its stderr:\n{}",
                self.name,
                self.stdout.len(),
                expected.len(),
                excerpt(&self.stdout[same..]),
                excerpt(&expected[same..]),
                self.stderr
            );
        }
        self
    }

    /// Checks that stderr contains a word.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn expect_stderr(&self, word: &str) -> &Self {
        assert!(
            self.stderr.contains(word),
            "{} does not say {word:?}; its stderr:\n{}",
            self.name,
            self.stderr
        );
        self
    }

    /// Checks that stderr is silent.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect_silence(&self) -> &Self {
        assert_eq!(self.stderr, "", "{} should have said nothing", self.name);
        self
    }

    /// Checks that every line on stderr says which of the two programs speaks.
    ///
    /// # Panics
    /// When one does not.
    #[track_caller]
    pub fn expect_signed_lines(&self) -> &Self {
        let sign = format!("{}: ", self.name);
        for line in self.stderr.lines() {
            assert!(
                line.starts_with(&sign),
                "this line of stderr does not begin with {sign:?}: {line:?}"
            );
        }
        self
    }

    /// The single line on stderr of a program that failed, signed and without its newline.
    ///
    /// # Panics
    /// When there is no line, or more than one.
    #[track_caller]
    pub fn only_line(&self) -> &str {
        self.expect_signed_lines();
        let line = self.stderr.strip_suffix('\n');
        match line {
            Some(line) if !line.contains('\n') => line,
            _ => panic!("expected exactly one line on stderr, got {:?}", self.stderr),
        }
    }

    /// Checks that the single line on stderr contains each word, whatever its case.
    ///
    /// # Panics
    /// When one is missing.
    #[track_caller]
    pub fn expect_line_with(&self, words: &[&str]) -> &Self {
        let line = self.only_line().to_lowercase();
        for word in words {
            assert!(line.contains(&word.to_lowercase()), "{word:?} is missing in {line:?}");
        }
        self
    }
}

/// The beginning of a text, for messages.
#[must_use]
pub fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned()
}
