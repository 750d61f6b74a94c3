//! What the server advertises, before TLS, with it and after the login: each change as one line.

use std::collections::HashSet;

use crate::wire::CapabilitySet;

/// When capabilities were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    #[default]
    BeforeTls,
    UnderTls,
    LoggedIn,
}

/// The last ones that were told about.
#[derive(Debug, Default)]
pub(super) struct CapabilityChanges {
    told: Option<CapabilitySet>,
    stage: Stage,
    /// Known only now; told when what came with it has been understood.
    new: Option<CapabilitySet>,
    /// The last ones that were told before anybody was logged in: with what one may log in.
    before_login: Option<CapabilitySet>,
}

impl CapabilityChanges {
    /// The server advertises these now.
    pub fn learned(&mut self, set: &CapabilitySet) {
        self.new = Some(set.clone());
    }

    /// With what one may log in here.
    pub fn before_login(&self) -> Option<&CapabilitySet> {
        self.before_login.as_ref()
    }

    /// The line to show, if there is anything new and something changed: names without regard to case
    /// (RFC 9051 section 7.2.2), what came first, then what went.
    pub fn take(&mut self, stage: Stage) -> Option<String> {
        let new = self.new.take()?;
        if stage != Stage::LoggedIn {
            self.before_login = Some(new.clone());
        }
        let before = std::mem::replace(&mut self.stage, stage);
        let old = self.told.replace(new.clone())?;
        let when = match stage {
            _ if stage == before => "now",
            Stage::LoggedIn => "after the login",
            Stage::UnderTls if before == Stage::BeforeTls => "after TLS",
            _ => "without a login",
        };
        let mut words: Vec<String> = Vec::new();
        for (sign, these, those) in [('+', &new, &old), ('-', &old, &new)] {
            let mut known: HashSet<String> = those.iter().map(str::to_ascii_uppercase).collect();
            for name in these.iter() {
                if known.insert(name.to_ascii_uppercase()) {
                    words.push(format!("{sign}{name}"));
                }
            }
        }
        (!words.is_empty()).then(|| format!("Capabilities {when}: {}", words.join(" ")))
    }
}
