//! Video4Linux capture devices: cameras, and what behaves like one.
//!
//! A device fills buffers that are queued to it, one frame each, and gives them back in
//! turn. Where the buffers come from is the matter of this module: the device's driver
//! has them and exports them as dma-bufs, or it takes dma-bufs that somebody else made.
//!
//! | module | owns |
//! |---|---|
//! | [`abi`] | the kernel's structs and request numbers |
//! | `request` | the one call, ioctl(2), and which struct belongs to which number |
//! | `camera` | one device: what it is, which format it delivers |
//! | `stream` | its buffers, queued and filled |

pub mod abi;
mod camera;
mod request;
mod stream;

pub use camera::{Camera, CameraError, Format};
pub use stream::{Filled, Stream};
