//! MIME structure.

/// A message or part of one.
#[derive(Debug, Default)]
pub struct Entity;

impl Entity {
    /// Reads it.
    pub fn parse(_: &[u8]) -> Entity {
        Entity
    }
}
