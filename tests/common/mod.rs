//! What the tests share.
pub mod corpus;
