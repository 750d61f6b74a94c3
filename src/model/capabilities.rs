//! What the server advertises, and when that is no longer known (RFC 9051 sections 6.1.1 and 6.2).

use crate::wire::CapabilitySet;

/// The capabilities, with the last known ones kept when they went stale (behind STARTTLS or a login).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    set: Option<CapabilitySet>,
    stale: bool,
}

impl Capabilities {
    /// Takes what the session says; `None`: not known any more.
    pub fn set(&mut self, set: Option<CapabilitySet>) {
        match set {
            Some(set) => {
                *self = Capabilities {
                    set: Some(set),
                    stale: false,
                }
            }
            None => self.stale = true,
        }
    }

    /// The current ones; `None` while they are not known.
    pub fn current(&self) -> Option<&CapabilitySet> {
        self.set.as_ref().filter(|_| !self.stale)
    }

    /// The current ones, else the last known.
    pub fn last_known(&self) -> Option<&CapabilitySet> {
        self.set.as_ref()
    }

    /// Whether the last known ones may no longer be true.
    pub fn is_stale(&self) -> bool {
        self.stale && self.set.is_some()
    }

    /// Whether `name` is advertised now; `None` if that is not known.
    pub fn advertised(&self, name: &str) -> Option<bool> {
        self.current().map(|set| set.has(name))
    }
}
