//! The set of capabilities a server advertises (RFC 9051 section 6.1.1).

/// Capabilities as the server spelled them, in its order; looked up without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CapabilitySet(Vec<String>);

impl CapabilitySet {
    /// From the atoms of a CAPABILITY response or response code.
    pub fn new(names: impl IntoIterator<Item = String>) -> CapabilitySet {
        CapabilitySet(names.into_iter().collect())
    }

    /// Whether `name` is advertised.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|c| c.eq_ignore_ascii_case(name))
    }

    /// The mechanisms of `AUTH=`, upper case, in the server's order.
    pub fn mechanisms(&self) -> Vec<String> {
        self.values("AUTH")
    }

    /// The values of `NAME=value`, upper case (`RIGHTS`, `COMPRESS`, `AUTH`).
    pub fn values(&self, name: &str) -> Vec<String> {
        let value = |c: &String| {
            let (n, v) = c.split_once('=')?;
            (n.eq_ignore_ascii_case(name) && !v.is_empty()).then(|| v.to_ascii_uppercase())
        };
        self.0.iter().filter_map(value).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
