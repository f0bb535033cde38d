//! The reader's command line.

use handoff_cli::ExchangeArgs;

/// Print the lines that a writer hands over, through memory that both share.
///
/// Writes exactly the bytes that came, or on a terminal each line after "You wrote: ".
/// Waits for a writer if there is none, and removes the segment after the end.
///
/// Exit status: 0 the stream is at its end; 1 error; 2 usage; 3 the writer died;
/// 130 Ctrl-C.
#[derive(Debug, clap::Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) exchange: ExchangeArgs,

    /// After the end of a stream, stay for the next writer
    #[arg(long)]
    pub(crate) keep: bool,
}

impl AsRef<ExchangeArgs> for Args {
    fn as_ref(&self) -> &ExchangeArgs {
        &self.exchange
    }
}
