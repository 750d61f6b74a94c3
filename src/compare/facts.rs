//! What one side told, by section, subject and item; and what of it is not the same on the other side.

use std::collections::BTreeMap;

use super::question::Question;

/// Most octets of what is kept of one side, a message aside.
const KEPT: usize = 128 * 1024 * 1024;
/// Most octets of a message that are kept to be compared.
pub const MESSAGE: usize = 64 * 1024 * 1024;
/// Octets of a message that are shown from where it differs.
const AROUND: usize = 40;

/// What a fact is about, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Section {
    Capabilities,
    Namespaces,
    Mailboxes,
    Mailbox,
    Status,
    MyRights,
    Acl,
    Flags,
    Quota,
    Message,
}

impl Section {
    /// Its heading.
    pub fn name(self) -> &'static str {
        match self {
            Section::Capabilities => "capabilities",
            Section::Namespaces => "namespaces",
            Section::Mailboxes => "mailboxes",
            Section::Mailbox => "mailbox",
            Section::Status => "status",
            Section::MyRights => "my rights",
            Section::Acl => "acl",
            Section::Flags => "flags",
            Section::Quota => "quota",
            Section::Message => "message",
        }
    }
}

/// Section, subject (a mailbox, a kind of namespace), item.
type Key = (Section, String, String);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fact {
    value: String,
    /// How it was asked, where that changes what is told (SELECT tells other PERMANENTFLAGS than EXAMINE).
    by: &'static str,
    /// Index of the question; `None`: it was known before.
    asked: Option<usize>,
}

/// What one side told. Hostile.
#[derive(Debug, Default)]
pub struct Facts {
    told: BTreeMap<Key, Fact>,
    pub(super) questions: Vec<Question>,
    pub(super) message: Option<(usize, Vec<u8>)>,
    /// Sentences about what is not here.
    pub(super) notes: Vec<String>,
    /// Something that was to be compared could not be asked: a sentence.
    pub(super) trouble: Option<String>,
    kept: usize,
    full: bool,
}

impl Facts {
    /// Keeps a fact; `asked`: the question that it answers.
    pub(super) fn put(
        &mut self,
        asked: Option<usize>,
        section: Section,
        of: impl Into<String>,
        item: impl Into<String>,
        value: impl Into<String>,
    ) {
        self.put_by("", asked, section, of, item, value);
    }

    pub(super) fn put_by(
        &mut self,
        by: &'static str,
        asked: Option<usize>,
        section: Section,
        of: impl Into<String>,
        item: impl Into<String>,
        value: impl Into<String>,
    ) {
        let (key, value) = ((section, of.into(), item.into()), value.into());
        let size = key.1.len() + key.2.len() + value.len() + 64;
        if self.kept + size > KEPT {
            if !std::mem::replace(&mut self.full, true) {
                let words = format!(
                    "told more than was compared: {} MB of it",
                    KEPT / 1024 / 1024
                );
                self.notes.push(words);
            }
            return;
        }
        self.kept += size;
        let fact = Fact { value, by, asked };
        if let Some(before) = self.told.insert(key, fact) {
            self.kept = self.kept.saturating_sub(size.min(before.value.len() + 64));
        }
    }

    /// Something that was to be compared could not be asked: a sentence. Hostile.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

/// Whether the two sides agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// They do.
    Alike,
    /// They do not.
    Differ,
    /// They were not asked in the same way, so nothing follows.
    Apart,
}

/// One thing that at least one side told. Hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Under which heading.
    pub section: Section,
    /// Of what: a mailbox, as shown; may be empty.
    pub of: String,
    /// Which item of it; may be empty.
    pub item: String,
    /// What each side told.
    pub values: [Option<String>; 2],
    /// Whether that is the same.
    pub verdict: Verdict,
    asked: [Option<usize>; 2],
}

impl Pair {
    /// Subject and item in one.
    pub fn key(&self) -> String {
        format!("{} {}", self.of, self.item).trim().to_owned()
    }
}

/// Two sides beside each other.
#[derive(Debug, Default)]
pub struct Paired {
    /// Who they are. Hostile.
    pub names: [String; 2],
    /// What they told, by section.
    pub pairs: Vec<Pair>,
    /// Sentences about what is not here. Hostile.
    pub notes: Vec<String>,
    questions: [Vec<Question>; 2],
}

impl Paired {
    /// Puts them beside each other.
    pub fn new(names: [String; 2], sides: [Facts; 2]) -> Paired {
        let [mut first, mut second] = sides;
        let mut notes = Vec::new();
        for (name, facts) in names.iter().zip([&mut first, &mut second]) {
            let told = std::mem::take(&mut facts.notes);
            notes.extend(told.into_iter().map(|note| format!("{name} {note}.")));
        }
        let from_octet = differing_octets(&first, &second);
        let questions = [
            std::mem::take(&mut first.questions),
            std::mem::take(&mut second.questions),
        ];
        let mut pairs = merged(first.told, second.told);
        // Behind the section's other rows; it is the last one.
        pairs.extend(from_octet);
        Paired {
            names,
            pairs,
            notes,
            questions,
        }
    }

    /// What differs.
    pub fn differing(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|p| p.verdict == Verdict::Differ)
    }

    /// The question that a pair answers, as the first side was asked it; what only the second was asked, as
    /// that was.
    pub fn question(&self, pair: &Pair) -> Option<&Question> {
        let [first, second] = &self.questions;
        let [one, other] = pair.asked;
        if let Some(question) = one.and_then(|at| first.get(at)) {
            return Some(question);
        }
        let asked = other.and_then(|at| second.get(at))?;
        let mut alike = first.iter().filter(|q| q.what == asked.what);
        let only = alike.clone().count() == 1;
        // One mailbox under two names is asked about once on each side.
        let own = alike.find(|q| only || q.mailbox() == asked.mailbox());
        Some(own.unwrap_or(asked))
    }
}

/// Both in the order of their keys, each key once.
fn merged(first: BTreeMap<Key, Fact>, second: BTreeMap<Key, Fact>) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(first.len().max(second.len()));
    let (mut a, mut b) = (first.into_iter().peekable(), second.into_iter().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let one = match order.is_le() {
            true => a.next(),
            false => None,
        };
        let other = match order.is_ge() {
            true => b.next(),
            false => None,
        };
        pairs.extend(pair(one, other));
    }
}

fn pair(one: Option<(Key, Fact)>, other: Option<(Key, Fact)>) -> Option<Pair> {
    let verdict = match (&one, &other) {
        (Some((_, a)), Some((_, b))) if a.by != b.by => Verdict::Apart,
        (Some((_, a)), Some((_, b))) if a.value == b.value => Verdict::Alike,
        _ => Verdict::Differ,
    };
    let key = one.as_ref().or(other.as_ref()).map(|(key, _)| key.clone());
    let (section, of, item) = key?;
    let asked = [&one, &other].map(|side| side.as_ref().and_then(|(_, fact)| fact.asked));
    let value = |side: Option<(Key, Fact)>| {
        side.map(|(_, fact)| match fact.by {
            "" => fact.value,
            by => format!("{} by {by}", fact.value),
        })
    };
    Some(Pair {
        section,
        of,
        item,
        values: [value(one), value(other)],
        verdict,
        asked,
    })
}

/// Where two messages begin to differ, and what stands there.
fn differing_octets(first: &Facts, second: &Facts) -> Option<Pair> {
    let ((asked, a), (also, b)) = first.message.as_ref().zip(second.message.as_ref())?;
    if a == b {
        return None;
    }
    let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let around = |octets: &[u8]| {
        let part = octets.get(at..octets.len().min(at + AROUND));
        format!("{:?}", String::from_utf8_lossy(part.unwrap_or_default()))
    };
    Some(Pair {
        section: Section::Message,
        of: format!("from octet {at}"),
        item: String::new(),
        values: [Some(around(a)), Some(around(b))],
        verdict: Verdict::Differ,
        asked: [Some(*asked), Some(*also)],
    })
}
