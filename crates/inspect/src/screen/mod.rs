//! Facts as a screen that changes: `watch`.
//!
//! | module | owns |
//! |---|---|
//! | [`source`] | finding the object, again and again, and looking at it |
//! | [`model`] | what changed since the last look, and how fast |
//! | [`pace`] | hand-offs a second |
//! | [`draw`] | the whole screen |
//! | [`slots`] | the part of it with the slots |
//! | [`terminal`] | a terminal in full-screen mode, and back again however it ends |
//! | [`signals`] | SIGTERM and its kind, which must not leave that mode behind |

pub(crate) mod draw;
pub(crate) mod model;
pub(crate) mod pace;
pub(crate) mod signals;
pub(crate) mod slots;
pub(crate) mod source;
pub(crate) mod terminal;
