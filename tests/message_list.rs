//! The message list against a naive model: whatever EXISTS, EXPUNGE, VANISHED and FETCH come, in whatever
//! order of rows, each row that says something says the truth.

use imapsh::console::mail::{MARKS, MessageList, Place, Wanted};
use imapsh::decode::summary::Summary;
use imapsh::wire::response::{Fetch, Untagged};
use proptest::prelude::*;

/// The mailbox as it is: UIDs in order, and which are flagged.
#[derive(Debug, Default)]
struct Naive {
    uids: Vec<u32>,
    flagged: Vec<u32>,
    next: u32,
}

#[derive(Debug, Clone)]
enum Step {
    Arrive(u8),
    Expunge(u16),
    Vanish(u16, u8),
    Flag(u16, bool),
    Scroll(u16),
    /// What is wanted is fetched: by the answer, and perhaps an EXPUNGE comes into the midst of it.
    Fill(Option<u16>),
    Mark,
    Sort,
    Search(u8),
    All,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(|n| Step::Arrive(n % 5)),
        4 => any::<u16>().prop_map(Step::Expunge),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(a, n)| Step::Vanish(a, n % 7)),
        2 => (any::<u16>(), any::<bool>()).prop_map(|(a, on)| Step::Flag(a, on)),
        4 => any::<u16>().prop_map(Step::Scroll),
        8 => proptest::option::weighted(0.3, any::<u16>()).prop_map(Step::Fill),
        3 => Just(Step::Mark),
        1 => Just(Step::Sort),
        1 => any::<u8>().prop_map(Step::Search),
        1 => Just(Step::All),
    ]
}

impl Naive {
    fn summary(&self, index: usize) -> Summary {
        let uid = self.uids[index];
        Summary {
            seq: index as u64 + 1,
            uid: Some(u64::from(uid)),
            flags: Some(self.flags(uid)),
            subject: format!("subject {uid}"),
            envelope: true,
            ..Summary::default()
        }
    }

    fn flags(&self, uid: u32) -> Vec<String> {
        match self.flagged.contains(&uid) {
            true => vec!["\\Flagged".to_owned()],
            false => Vec::new(),
        }
    }

    fn expunge(&mut self, list: &mut MessageList, at: u16) {
        if self.uids.is_empty() {
            return;
        }
        let index = usize::from(at) % self.uids.len();
        self.uids.remove(index);
        list.apply(&Untagged::Expunge(index as u64 + 1));
    }
}

fn play(steps: &[Step]) {
    let mut naive = Naive {
        uids: (1..=40).map(|n| n * 3).collect(),
        next: 200,
        ..Naive::default()
    };
    let mut list = MessageList::new(40);
    list.set_height(7);
    // As the user sees it: UIDs he has marked and that are not gone.
    let mut marks: Vec<u32> = Vec::new();
    for step in steps {
        let before = list.uid_at_cursor();
        let mut cursor_may_move = false;
        match step {
            Step::Arrive(count) => {
                for _ in 0..*count {
                    naive.uids.push(naive.next);
                    naive.next += 2;
                }
                list.apply(&Untagged::Exists(naive.uids.len() as u64));
            }
            Step::Expunge(at) => naive.expunge(&mut list, *at),
            Step::Vanish(at, count) if !naive.uids.is_empty() => {
                let from = usize::from(*at) % naive.uids.len();
                let to = (from + usize::from(*count) + 1).min(naive.uids.len());
                let gone: Vec<u32> = naive.uids.drain(from..to).collect();
                let set: Vec<String> = gone.iter().map(u32::to_string).collect();
                list.apply(&Untagged::Vanished {
                    earlier: false,
                    uids: set.join(","),
                });
            }
            Step::Vanish(..) => {}
            Step::Flag(at, on) if !naive.uids.is_empty() => {
                let index = usize::from(*at) % naive.uids.len();
                let uid = naive.uids[index];
                naive.flagged.retain(|u| *u != uid);
                if *on {
                    naive.flagged.push(uid);
                }
                list.apply(&Untagged::Fetch(Fetch {
                    seq: index as u64 + 1,
                    flags: Some(naive.flags(uid)),
                    ..Fetch::default()
                }));
            }
            Step::Flag(..) => {}
            Step::Scroll(to) => {
                list.go_to(usize::from(*to) % (list.len() + 1));
                cursor_may_move = true;
            }
            Step::Fill(expunge) => {
                // A row of a message that went meanwhile leaves an order that was listed.
                cursor_may_move = list.is_listed();
                let moves = list.moves();
                if let Some(wanted) = list.wanted(true) {
                    if let Some(at) = expunge {
                        naive.expunge(&mut list, *at);
                    }
                    let rows: Vec<usize> = match &wanted {
                        Wanted::Sequence(from, to) => (*from as usize..=*to as usize)
                            .filter(|seq| *seq <= naive.uids.len())
                            .map(|seq| seq - 1)
                            .collect(),
                        Wanted::Uids(uids) => {
                            let place = |uid| naive.uids.iter().position(|u| u == uid);
                            uids.iter().filter_map(place).collect()
                        }
                    };
                    rows.iter()
                        .for_each(|row| list.fetched(naive.summary(*row)));
                    if moves == list.moves() || matches!(wanted, Wanted::Uids(_)) {
                        list.answered(&wanted);
                    }
                }
            }
            Step::Mark => {
                if let Some(uid) = list.uid_at_cursor()
                    && list.toggle_mark()
                {
                    match marks.iter().position(|u| *u == uid) {
                        Some(at) => drop(marks.remove(at)),
                        None => marks.push(uid),
                    }
                }
            }
            Step::Sort => {
                let places = naive.uids.iter().rev().map(|uid| Place {
                    uid: *uid,
                    depth: 0,
                });
                list.listed(places.collect());
                cursor_may_move = true;
            }
            Step::Search(modulus) => {
                let modulus = u32::from(*modulus % 5) + 1;
                let hits = naive.uids.iter().filter(|uid| *uid % modulus == 0);
                list.listed(
                    hits.map(|uid| Place {
                        uid: *uid,
                        depth: 0,
                    })
                    .collect(),
                );
                cursor_may_move = true;
            }
            Step::All => {
                list.unlisted();
                cursor_may_move = true;
            }
        }
        list.settle();
        // What is gone is no longer marked, as far as the list can know: all UIDs it was told of.
        marks.retain(|uid| {
            naive.uids.contains(uid) || list.chosen().is_some_and(|set| holds(&set, *uid))
        });
        check(&list, &naive);
        if !cursor_may_move
            && let Some(uid) = before.filter(|uid| naive.uids.contains(uid))
            && !list.is_empty()
        {
            assert_eq!(
                list.uid_at_cursor(),
                Some(uid),
                "the cursor stays on its message: {step:?}"
            );
        }
    }
    // In the mailbox's own order every message was told about when it went, so marks are exact.
    for uid in &marks {
        assert!(
            holds(&list.chosen().unwrap_or_default(), *uid),
            "{uid} is still marked"
        );
    }
}

fn holds(set: &str, uid: u32) -> bool {
    imapsh::wire::SequenceSet::parse(set.as_bytes())
        .is_some_and(|set| set.contains(u64::from(uid), u64::from(u32::MAX)))
}

fn check(list: &MessageList, naive: &Naive) {
    assert_eq!(list.exists() as usize, naive.uids.len());
    if !list.is_listed() {
        assert_eq!(list.len(), naive.uids.len());
    }
    assert!(list.cursor() < list.len().max(1));
    for index in 0..list.len() {
        let row = list.row(index).unwrap();
        if let (Some(seq), Some(uid)) = (row.seq, row.uid) {
            assert_eq!(naive.uids.get(seq as usize - 1), Some(&uid), "row {index}");
        }
        if let (Some(uid), Some(message)) = (row.uid, row.message) {
            assert_eq!(message.subject, format!("subject {uid}"));
            if row.seq.is_some() && naive.uids.contains(&uid) {
                assert_eq!(message.flags, naive.flags(uid), "flags of {uid}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_say_the_truth(steps in proptest::collection::vec(step(), 1..120)) {
        play(&steps);
    }
}

#[test]
fn only_what_is_on_the_screen_is_wanted() {
    let mut list = MessageList::new(100_000);
    list.set_height(30);
    // The newest messages are shown first: the last rows.
    assert_eq!(list.wanted(false).unwrap().set(), "99971:100000");
    for seq in 99_971..=100_000 {
        list.fetched(Summary {
            seq,
            uid: Some(seq * 2),
            envelope: true,
            ..Summary::default()
        });
    }
    assert_eq!(list.wanted(false), None);
    assert_eq!(
        list.wanted(true).unwrap().set(),
        "99911:99970",
        "then what is next to it"
    );
    list.go_to(0);
    assert_eq!(list.wanted(false).unwrap().set(), "1:30");
}

#[test]
fn scrolling_through_a_large_mailbox_keeps_memory() {
    let mut list = MessageList::new(1_000_000);
    list.set_height(50);
    for page in 0..2_000 {
        list.go_to(page * 50);
        while let Some(Wanted::Sequence(from, to)) = list.wanted(false) {
            for seq in from..=to {
                list.fetched(Summary {
                    seq: seq.into(),
                    uid: Some(seq.into()),
                    envelope: true,
                    ..Summary::default()
                });
            }
        }
    }
    assert!(list.kept() <= 4_000, "{} rows are kept", list.kept());
    assert!(
        list.row(99_930).unwrap().message.is_some(),
        "what is on the screen stays"
    );
}

#[test]
fn hostile_numbers_do_no_harm() {
    let mut list = MessageList::new(u64::MAX);
    list.set_height(10);
    for data in [
        Untagged::Expunge(0),
        Untagged::Expunge(u64::MAX),
        Untagged::Exists(3),
        Untagged::Vanished {
            earlier: false,
            uids: "1:4294967295,0:*,7".into(),
        },
        Untagged::Vanished {
            earlier: false,
            uids: "4294967295:1".into(),
        },
        Untagged::Exists(u64::MAX),
        Untagged::Fetch(Fetch {
            seq: u64::MAX,
            uid: Some(u64::MAX),
            ..Fetch::default()
        }),
    ] {
        list.apply(&data);
        list.settle();
    }
    for (seq, uid) in [(5, 9), (6, 3), (5, 2), (1, 1), (0, 7), (9, 4_294_967_295)] {
        list.fetched(Summary {
            seq,
            uid: Some(uid),
            envelope: true,
            ..Summary::default()
        });
    }
    // Neighbours that contradict each other: the last one said counts.
    assert_eq!(list.uid_of(5), Some(2));
    assert_eq!(list.uid_of(6), Some(3));
    list.listed(
        (0..MARKS as u32 + 5)
            .map(|uid| Place { uid, depth: 255 })
            .collect(),
    );
    assert_eq!(list.mark_listed(), Some(MARKS));
}

#[test]
fn marks_become_a_sequence_set() {
    let mut list = MessageList::new(5);
    list.set_height(5);
    for seq in 1..=5 {
        list.fetched(Summary {
            seq,
            uid: Some(seq + 10),
            envelope: true,
            ..Summary::default()
        });
    }
    assert_eq!(
        list.chosen().as_deref(),
        Some("15"),
        "the one at the cursor"
    );
    for row in [0, 1, 2, 4] {
        list.go_to(row);
        assert!(list.toggle_mark());
    }
    assert_eq!(list.chosen().as_deref(), Some("11:13,15"));
    list.apply(&Untagged::Expunge(2));
    assert_eq!(list.chosen().as_deref(), Some("11,13,15"));
    assert_eq!(list.row(1).unwrap().uid, Some(13));
}
