//! What the tests share.
pub mod corpus;
pub mod mutate;
pub mod sasl;
pub mod script;
pub mod trace;
