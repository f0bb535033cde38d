//! From SIGINT to an [`Interrupt`] of the main thread.

use handoff_proto::Interrupt;

use crate::exit::{Exit, Failure};

/// Makes Ctrl-C end every wait of the calling thread. A second Ctrl-C ends the
/// process at once, whatever it is doing (it may be blocked on a stderr that nobody
/// reads): the kernel then tells the peer, as of any death.
///
/// Also where SIGINT was ignored when we were started, as a shell script has it in what
/// it starts with `&`: kill -INT is how such a script asks us to leave in good order.
///
/// # Errors
/// No handler could be installed.
pub fn on_ctrl_c() -> Result<Interrupt, Failure> {
    let failed = |error: Box<dyn std::error::Error>| Failure::of("cannot listen for Ctrl-C", error);
    let interrupt = Interrupt::for_this_thread().map_err(|error| failed(error.into()))?;
    let raised = interrupt.clone();
    ctrlc::set_handler(move || {
        if !raised.raise() {
            std::process::exit(EXIT_INTERRUPTED);
        }
    })
    .map_err(|error| failed(error.into()))?;
    Ok(interrupt)
}

/// [`Exit::Interrupted`], where there is no main to return it from.
const EXIT_INTERRUPTED: i32 = Exit::Interrupted.status() as i32;
