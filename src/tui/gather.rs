//! What the sidebar fills in by itself: counts of the mailboxes that can be seen, a few at a time, and rights,
//! limits and size of the one that is open; and what came of what its keys asked. Nothing with `--no-auto`,
//! nothing while it is not shown, nothing any more once Ctrl+C stopped it (until F5).

use std::collections::{BTreeMap, HashSet};

use super::effect::Effect;
use super::rights::Matrix;
use super::state::State;
use super::update::send;
use crate::console::{Ask, AskId, Asker, Heard};
use crate::model::{Mailbox, Resource, SelectedMailbox, name};
use crate::wire::CapabilitySet;
use crate::wire::response::Untagged;

/// STATUS commands that are under way or wait, at most.
const AT_ONCE: usize = 8;
/// Mailboxes counted by one LIST.
const BY_ONE_LIST: usize = 20;
/// Longest LIST that counts, in octets.
const LONGEST_LIST: usize = 4_000;
/// Most mailboxes remembered as asked.
const ASKED: usize = 200_000;
/// Most flags counted by one key.
const FLAGS: usize = 100;

/// Where that stands.
#[derive(Debug, Default)]
pub struct Gather {
    /// Mailboxes whose counts were asked for.
    asked: HashSet<Vec<u8>>,
    /// Ctrl+C: until F5 nothing more.
    stopped: bool,
    /// The opening of a mailbox for which rights and the like were asked.
    opened: Option<(Vec<u8>, bool, crate::model::Counters)>,
    /// EXISTS when UNSEEN was last asked for.
    unseen_at: Option<u64>,
    /// Flags that are being counted.
    counting: BTreeMap<AskId, String>,
    /// Messages with each flag, as last counted, of [`Gather::flags_of`].
    flags: BTreeMap<String, u64>,
    flags_of: Vec<u8>,
    /// Who may do what, being asked for or shown before.
    pub matrix: Option<Matrix>,
}

impl Gather {
    /// Another connection: nothing was asked.
    pub fn reset(&mut self) {
        *self = Gather::default();
    }

    /// F5: everything anew.
    pub fn again(&mut self) {
        self.asked.clear();
        self.stopped = false;
        self.opened = None;
        self.unseen_at = None;
    }

    /// The counts of this mailbox need not be asked for.
    pub fn skip(&mut self, mailbox: &[u8]) {
        if self.asked.len() < ASKED {
            self.asked.insert(mailbox.to_vec());
        }
    }

    /// How many messages have this flag, as last counted on this mailbox (as sent).
    pub fn flag_count(&self, mailbox: &[u8], flag: &str) -> Option<u64> {
        (self.flags_of == mailbox)
            .then(|| self.flags.get(&flag.to_ascii_lowercase()).copied())
            .flatten()
    }
}

/// Whether the server has it, or says nothing about it.
fn has(set: Option<&CapabilitySet>, name: &str) -> bool {
    set.is_some_and(|set| set.has(name))
}

impl State {
    /// Takes what was told, and asks for what is missing of what is shown.
    pub(super) fn gather(&mut self) -> Vec<Effect> {
        let mut effects = self.hear_answers();
        if !self.console.fills_in() || self.is_log() || !self.layout().shows_sidebar() {
            return effects;
        }
        // What is opened for a comparison is closed again at its end.
        let mut asks = match self.inquiring {
            None => self.about_selected(),
            Some(_) => Vec::new(),
        };
        if !self.gather.stopped {
            asks.extend(self.missing_counts());
        }
        if !asks.is_empty() {
            effects.extend(send(self.console.ask_all(asks).1));
        }
        effects
    }

    /// Ctrl+C: what the sidebar still wants to ask is not wanted. Returns whether there was anything.
    pub(super) fn stop_gathering(&mut self) -> bool {
        let asked = [Asker::Counts, Asker::Flags, Asker::Rights]
            .into_iter()
            .map(|asker| self.console.stop_asking(Some(asker)))
            .sum::<usize>();
        if asked > 0 {
            self.gather.stopped = true;
            self.message = Some(format!(
                "Stopped: {asked} commands of the sidebar do not go out. F5 goes on."
            ));
        }
        asked > 0
    }

    fn hear_answers(&mut self) -> Vec<Effect> {
        for told in self.console.told_to(&[Asker::Flags]) {
            let Some(flag) = self.gather.counting.get(&told.ask) else {
                continue;
            };
            let key = flag.to_ascii_lowercase();
            match told.what {
                Heard::Data(data) => {
                    let found = match *data {
                        Untagged::Esearch { count } => count,
                        Untagged::Search(numbers) => Some(numbers.len() as u64),
                        _ => None,
                    };
                    if let Some(found) = found {
                        self.gather.flags.insert(key, found);
                    }
                }
                Heard::Done { .. } | Heard::Lost => {
                    self.gather.counting.remove(&told.ask);
                }
                Heard::Began(_) => {}
            }
        }
        let told = self.console.told_to(&[Asker::Rights]);
        // The model has what these say.
        self.console
            .told_to(&[Asker::Counts, Asker::Selected, Asker::Tree]);
        match told.is_empty() {
            true => Vec::new(),
            false => self.hear_rights(told),
        }
    }

    /// Counts every flag of the open mailbox: one SEARCH each, and the flags.
    pub(super) fn count_flags(&self) -> Result<(Vec<Ask>, Vec<String>), &'static str> {
        let Some(selected) = self.console.model().selected() else {
            return Err("No mailbox is open: there are no flags to count.");
        };
        let mut flags: Vec<String> = selected.flags.clone();
        for flag in selected.permanent_flags.iter().flatten() {
            let there = flags.iter().any(|f| f.eq_ignore_ascii_case(flag));
            if !there && flag != "\\*" {
                flags.push(flag.clone());
            }
        }
        flags.truncate(FLAGS);
        if flags.is_empty() {
            return Err("The server has named no flags.");
        }
        let set = self.console.model().capabilities().current();
        let counts = has(set, "ESEARCH") || has(set, "IMAP4rev2");
        let asks = flags.iter().map(|flag| {
            let ask = Ask::new(Asker::Flags, "SEARCH");
            let ask = if counts {
                ask.word("RETURN (COUNT)")
            } else {
                ask
            };
            ask.word(&search_key(flag)).heard()
        });
        Ok((asks.collect(), flags))
    }

    /// The ids of what [`State::count_flags`] gave.
    pub(super) fn flags_go(&mut self, ids: Vec<AskId>, flags: Vec<String>) {
        let selected = self.console.model().selected();
        self.gather.flags_of = selected.map(|s| s.name.clone()).unwrap_or_default();
        self.gather.flags.clear();
        self.gather.counting = ids.into_iter().zip(flags).collect();
    }

    /// Rights, limits, unseen and size of the mailbox that is open.
    fn about_selected(&mut self) -> Vec<Ask> {
        let model = self.console.model();
        let Some(selected) = model.selected() else {
            self.gather.opened = None;
            return Vec::new();
        };
        let set = model.capabilities().current();
        let utf8 = crate::catalog::accepts_utf8(model);
        let ask = |verb: &str| Ask::new(Asker::Selected, verb).mailbox(&selected.name, utf8);
        let mut items = String::from("(UNSEEN");
        if has(set, "STATUS=SIZE") || has(set, "IMAP4rev2") {
            items.push_str(" SIZE");
        }
        items.push(')');
        let opening = (
            selected.name.clone(),
            selected.read_only,
            crate::model::Counters {
                unseen: None,
                size: None,
                ..selected.at_open
            },
        );
        let mut asks = Vec::new();
        if self.gather.opened.as_ref() != Some(&opening) {
            if has(set, "ACL") {
                asks.push(ask("MYRIGHTS").later());
            }
            if has(set, "QUOTA") {
                asks.push(ask("GETQUOTAROOT").later());
            }
            asks.push(ask("STATUS").word(&items).later());
            self.gather.unseen_at = selected.exists;
            self.gather.opened = Some(opening);
        } else if selected.unseen.is_none()
            && self.gather.unseen_at != selected.exists
            && self.console.asking(Some(Asker::Selected)) == 0
        {
            // Messages came or went: how many of them are unseen only STATUS tells.
            asks.push(ask("STATUS").word(&items).later());
            self.gather.unseen_at = selected.exists;
        }
        asks
    }

    /// Counts of those that can be seen: by one LIST where that is offered (RFC 5819), else by STATUS.
    fn missing_counts(&mut self) -> Vec<Ask> {
        let model = self.console.model();
        let waiting = self.console.asking(Some(Asker::Counts));
        let set = model.capabilities().current();
        let by_list = has(set, "LIST-STATUS") && has(set, "LIST-EXTENDED");
        if waiting >= AT_ONCE || by_list && waiting > 0 || self.gather.asked.len() >= ASKED {
            return Vec::new();
        }
        let height = self.layout().sidebar.map_or(0, |p| usize::from(p.height));
        let top = self.sidebar.top(height);
        let tree = model.mailboxes();
        let open = model.selected();
        let utf8 = crate::catalog::accepts_utf8(model);
        let most = if by_list {
            BY_ONE_LIST
        } else {
            AT_ONCE - waiting
        };
        let mut asks = Vec::new();
        let mut names = String::new();
        let mut asked = Vec::new();
        for row in self.sidebar.rows().iter().skip(top).take(height) {
            let Some(mailbox) = tree.get(row.id) else {
                continue;
            };
            if asked.len() >= most || names.len() > LONGEST_LIST {
                break;
            }
            if !wants_counts(mailbox, open) || self.gather.asked.contains(&mailbox.name) {
                continue;
            }
            asked.push(mailbox.name.clone());
            match quoted(&mailbox.name).filter(|_| by_list) {
                Some(quoted) => {
                    names.push(' ');
                    names.push_str(&quoted);
                }
                None => asks.push(
                    Ask::new(Asker::Counts, "STATUS")
                        .mailbox(&mailbox.name, utf8)
                        .word("(MESSAGES UNSEEN)")
                        .later(),
                ),
            }
        }
        if !names.is_empty() {
            let special = if has(set, "SPECIAL-USE") {
                "SPECIAL-USE "
            } else {
                ""
            };
            asks.push(
                Ask::new(Asker::Counts, "LIST \"\"")
                    .word(&format!("({})", names.trim_start()))
                    .word(&format!(
                        "RETURN (SUBSCRIBED CHILDREN {special}STATUS (MESSAGES UNSEEN))"
                    ))
                    .later(),
            );
        }
        self.gather.asked.extend(asked);
        asks
    }
}

/// Whether STATUS of it may be asked, and is not known. The open one tells its counts itself.
fn wants_counts(mailbox: &Mailbox, open: Option<&SelectedMailbox>) -> bool {
    mailbox.selectable
        && mailbox.count("MESSAGES").is_none()
        && open.is_none_or(|open| !name::same(&open.name, &mailbox.name))
}

/// A name that LIST takes as it is: no wildcard in it, nothing that wants a literal.
fn quoted(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    let plain = text.is_ascii()
        && !text.contains(['%', '*', '\r', '\n', '\0'])
        && text.len() < LONGEST_LIST / 4;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    plain.then(|| format!("\"{escaped}\""))
}

/// What SEARCH calls a flag (RFC 9051 section 6.4.4).
fn search_key(flag: &str) -> String {
    match flag.to_ascii_lowercase().as_str() {
        "\\seen" => "SEEN".to_owned(),
        "\\answered" => "ANSWERED".to_owned(),
        "\\flagged" => "FLAGGED".to_owned(),
        "\\deleted" => "DELETED".to_owned(),
        "\\draft" => "DRAFT".to_owned(),
        "\\recent" => "RECENT".to_owned(),
        _ => format!("KEYWORD {flag}"),
    }
}

/// `[########--] 83% of 2.0 GB`: how full a resource is, `width` columns wide.
pub(super) fn bar(resource: &Resource, width: usize, ascii: bool) -> String {
    let (full, empty) = if ascii { ("#", "-") } else { ("━", "╌") };
    let percent = resource.percent().unwrap_or(100);
    let filled = usize::try_from(percent.min(100)).unwrap_or(100) * width / 100;
    // What is not empty shows.
    let filled = if resource.usage > 0 {
        filled.max(1)
    } else {
        filled
    };
    let filled = filled.min(width);
    format!("{}{}", full.repeat(filled), empty.repeat(width - filled))
}
