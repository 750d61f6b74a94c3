//! What the tests share.
pub mod corpus;
pub mod script;
pub mod trace;
