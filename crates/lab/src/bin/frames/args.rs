//! The command line.

use std::env;
use std::path::PathBuf;

use clap::Parser;
use handoff_shm::dmabuf::Source;

/// A video device fills memory, and another process looks at it
#[derive(Debug, Parser)]
#[command(name = "frames", version, arg_required_else_help = false)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Where the two meet [default: frames.sock in $XDG_RUNTIME_DIR, else in /tmp]
    #[arg(long, global = true, value_name = "PATH")]
    socket: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Let the device fill its driver's buffers, and pass them on
    Export(Capture),
    /// Let the device fill memory that we allocate, and pass it on
    Fill {
        #[command(flatten)]
        capture: Capture,
        /// Where the memory comes from [default: what there is, in this order]
        #[arg(long, value_enum, value_name = "SOURCE")]
        from: Option<From>,
    },
    /// Look at what another process has a device fill
    Import {
        /// Characters in a line of each picture; 0 for no pictures
        #[arg(long, value_name = "N", default_value_t = 64)]
        columns: u32,
    },
}

/// What to capture.
#[derive(Debug, clap::Args)]
pub(crate) struct Capture {
    /// The video device
    #[arg(long, value_name = "PATH", default_value = "/dev/video0")]
    pub(crate) device: PathBuf,
    /// Width and height, such as 640x480; the device takes what is nearest [default: as set]
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Frames a second; the device takes what is nearest [default: as set]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// End after so many [default: when the other side leaves]
    #[arg(long, value_name = "N")]
    pub(crate) frames: Option<u64>,
    /// How many buffers to ask the device for
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    pub(crate) buffers: u32,
}

/// A source of dma-bufs, as named on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum From {
    /// /dev/dma_heap/system
    Heap,
    /// /dev/udmabuf
    Udmabuf,
}

impl From {
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Heap => Source::DmaHeap,
            Self::Udmabuf => Source::Udmabuf,
        }
    }
}

impl Args {
    pub(crate) fn socket(&self) -> PathBuf {
        let default = || {
            let directory = env::var_os("XDG_RUNTIME_DIR").filter(|path| !path.is_empty());
            directory.map_or_else(|| "/tmp".into(), PathBuf::from).join("frames.sock")
        };
        self.socket.clone().unwrap_or_else(default)
    }
}

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    text.split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .filter(|&(width, height)| width > 0 && height > 0)
        .ok_or_else(|| "a size is two numbers, such as 640x480".into())
}
