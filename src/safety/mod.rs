//! SAFE MODE. What a command would destroy, and whether it may go as it is.
//!
//! Knows: commands as they go over the wire, the catalog's word on what each does.
//! Must not know: sockets, screens, who typed it. Judges octets, never what was meant: tags, UID, case,
//! literals and pipelines make no difference.
//! To add a command that writes or destroys: its row in the catalog, and one in `table.rs`; without the
//! second it is asked about, and a test fails.

mod count;
mod judge;
mod mode;
mod spoken;
mod table;

pub use count::{Answer, Count};
pub use judge::{Doubt, Hit, Known, Open, Verdict, judge};
pub use mode::SafeMode;
pub use spoken::Spoken;
pub use table::{Danger, JUDGEMENTS, danger};

/// More messages than this are many.
pub const MANY: u64 = 10;
/// A message of more octets than this is big: 1 MiB.
pub const BIG: u64 = 1024 * 1024;
