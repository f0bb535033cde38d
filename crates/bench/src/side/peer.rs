//! The other side as a child process: started with what the row needs, and its end.

use std::process::{Child, Command, Stdio};

use super::{Failure, Part, Plan, Side};

/// The other process of the pair; killed on drop.
#[derive(Debug)]
pub struct Peer(Child);

impl Peer {
    /// Waits for it to end, and that must be well.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        match self.0.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("the other side failed: {status}").into()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended; then neither does anything.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Side {
    /// On the side that goes there: starts the other. What it needs of open files, it
    /// gets as its standard input and output. On the side that answers: none.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn peer(
        &self,
        stdin: impl Into<Stdio>,
        stdout: impl Into<Stdio>,
    ) -> Result<Option<Peer>, Failure> {
        if self.plan.part == Part::Back {
            return Ok(None);
        }
        let plan = Plan { part: Part::Back, ..self.plan.clone() };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["side", &serde_json::to_string(&plan)?]).stdin(stdin).stdout(stdout);
        Ok(Some(Peer(command.spawn()?)))
    }

    /// The same for two sides that find each other by name.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn peer_by_name(&self) -> Result<Option<Peer>, Failure> {
        self.peer(Stdio::null(), Stdio::null())
    }
}
