//! The writer's command line.

use handoff_cli::ExchangeArgs;

/// Hand lines of text over to a reader, through memory that both share.
///
/// Reads stdin until a line says "end" (see --until) or the input ends. The text
/// waits in the segment if no reader is there yet.
///
/// Exit status: 0 the stream is handed over; 1 error; 2 usage; 130 Ctrl-C.
#[derive(Debug, clap::Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) exchange: ExchangeArgs,

    /// The line that ends the stream; '' for none
    #[arg(long, value_name = "WORD", default_value = "end", value_parser = parse_word)]
    pub(crate) until: String,
}

impl AsRef<ExchangeArgs> for Args {
    fn as_ref(&self) -> &ExchangeArgs {
        &self.exchange
    }
}

fn parse_word(text: &str) -> Result<String, &'static str> {
    if text.contains('\n') { Err("no line has a newline in it") } else { Ok(text.to_owned()) }
}
