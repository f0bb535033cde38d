//! What the reader does, told to who runs the writer, each thing once.

use handoff_proto::RoleState;

/// What was told last.
pub(crate) struct News {
    last: RoleState,
    command: String,
}

impl News {
    /// `command` is how to start a reader.
    pub(crate) fn new(command: String) -> Self {
        Self { last: RoleState::Vacant, command }
    }

    /// The reader's role says this now. `stuck` if we can do nothing without a reader.
    pub(crate) fn tell(&mut self, now: RoleState, stuck: bool) {
        let before = std::mem::replace(&mut self.last, now);
        match now {
            RoleState::Died if before != now => log::warn!(
                "the reader died; the next one goes on where it stopped: {}",
                self.command
            ),
            RoleState::Held(pid) if before != now => log::info!("the reader is process {pid}"),
            RoleState::Held(_) | RoleState::Died => {}
            RoleState::Vacant | RoleState::Abandoned(_) | RoleState::Closed => {
                if matches!(before, RoleState::Held(_)) {
                    log::info!("the reader has left; the next one goes on: {}", self.command);
                } else if stuck {
                    log::info!("every slot is full, and no reader is there: {}", self.command);
                }
            }
        }
    }
}
