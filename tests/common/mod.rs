//! What the tests share.
pub mod corpus;
pub mod desk;
pub mod mutate;
pub mod sasl;
pub mod trace;
