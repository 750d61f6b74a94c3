//! What is set during a run.

use std::collections::HashMap;
use std::time::SystemTime;

use super::super::matcher::Scope;
use super::super::value::{Value, Vars};

/// All variables of a run.
pub(super) struct Variables {
    vars: Vars,
    /// By `!let`, loops and replies.
    set: HashMap<String, Set>,
    /// By `var` lines of the header.
    header: HashMap<String, Value>,
    /// Without anybody setting it.
    own: HashMap<&'static str, Value>,
}

struct Set {
    value: Value,
    /// In which loop it was read from a reply; `None`: it stays.
    depth: Option<usize>,
}

impl Variables {
    pub(super) fn new(vars: Vars, started: SystemTime) -> Variables {
        let mut own = HashMap::new();
        let row = vars.number.max(1).to_string();
        own.insert("row", Value::text(row));
        if let Ok(at) = jiff::Timestamp::try_from(started) {
            let at = at.to_zoned(jiff::tz::TimeZone::system());
            let now = at.strftime("%d-%b-%Y %H:%M:%S %z").to_string();
            own.insert("now", Value::text(now));
            own.insert("today", Value::text(at.strftime("%d-%b-%Y").to_string()));
        }
        Variables {
            vars,
            set: HashMap::new(),
            header: HashMap::new(),
            own,
        }
    }

    /// A `var` line of the header.
    pub(super) fn default(&mut self, name: &str, value: Value) {
        self.header.insert(name.to_owned(), value);
    }

    /// `!let`, or a loop.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.set.insert(name.to_owned(), Set { value, depth: None });
    }

    /// Out of a reply, inside so many loops.
    pub(super) fn capture(&mut self, name: &str, value: Value, depth: usize) {
        let depth = Some(depth);
        self.set.insert(name.to_owned(), Set { value, depth });
    }

    /// A new turn of the loop that `depth` loops are open with: what replies set in it is set no more.
    pub(super) fn forget(&mut self, depth: usize) {
        self.set
            .retain(|_, set| set.depth.is_none_or(|d| d < depth));
    }

    /// What is there by itself.
    pub(super) fn own(&mut self, name: &'static str, value: Value) {
        self.own.insert(name, value);
    }

    /// Of values that were given, not read.
    pub(super) fn given(&self, name: &str) -> Option<&Value> {
        self.vars
            .before_header(name)
            .or_else(|| self.header.get(name))
            .or_else(|| self.vars.behind_header(name))
    }

    /// All values that came from outside.
    pub(super) fn outside(&self) -> impl Iterator<Item = (&String, &Value)> {
        let vars = &self.vars;
        vars.given.iter().chain(&vars.row).chain(&vars.secrets)
    }

    pub(super) fn shown(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        let names = self
            .set
            .keys()
            .chain(self.vars.given.keys())
            .chain(self.vars.row.keys())
            .chain(self.header.keys());
        for name in names {
            if let Some(value) = self.value(name) {
                all.push((name.clone(), value.shown()));
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// As replies are compared: the time and what the last command was may be read over.
    pub(super) fn for_replies(&self) -> ForReplies<'_> {
        ForReplies(self)
    }
}

impl Scope for Variables {
    fn value(&self, name: &str) -> Option<&Value> {
        let set = self.set.get(name).map(|s| &s.value);
        set.or_else(|| self.given(name))
            .or_else(|| self.own.get(name))
    }
}

/// What is set for a reply.
pub(super) struct ForReplies<'v>(&'v Variables);

impl Scope for ForReplies<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let set = self.0.set.get(name).map(|s| &s.value);
        let own = self
            .0
            .own
            .get(name)
            .filter(|_| ["row", "tag"].contains(&name));
        set.or_else(|| self.0.given(name)).or(own)
    }
}
