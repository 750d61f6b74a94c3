//! Runs over rows: against a server that goes wrong in the middle, pauses, stops, refuses, throttles.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imapsh::batch::undo_file::UndoFile;
use imapsh::batch::{
    Dial, Ended, Job, News, Order, Papers, Running, Tally, Undo, Verdict, exit, rows, spawn,
};
use imapsh::channel::{Place, Plan};
use imapsh::link::{self, Handle};
use imapsh::safety::SafeMode;
use imapsh::snippet::{NoFiles, Who, parse};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

/// What the server does with a command of one user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Odd {
    No,
    Bad,
    Bye,
    Silence,
    HalfALiteral,
    Close,
}

/// A server that greets with PREAUTH and says OK to all, but for what is odd.
#[derive(Default)]
struct Server {
    /// `user042` and what it does then.
    odd: Option<(String, Odd)>,
    /// Connections at once; more get a BYE.
    most: Option<usize>,
    /// Offers UNAUTHENTICATE.
    unauthenticate: bool,
    open: AtomicUsize,
    connections: AtomicUsize,
    highest: AtomicUsize,
    /// All command lines, tags off.
    seen: Mutex<Vec<String>>,
}

impl Server {
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(self: Arc<Server>, stream: DuplexStream) {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.connections.fetch_add(1, Ordering::SeqCst);
        self.talk(stream, open).await;
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    async fn talk(&self, stream: DuplexStream, open: usize) -> Option<()> {
        let (read, mut write) = tokio::io::split(stream);
        if self.most.is_some_and(|most| open > most) {
            let bye = b"* BYE [UNAVAILABLE] Too many connections\r\n";
            return write.write_all(bye).await.ok();
        }
        self.highest.fetch_max(open, Ordering::SeqCst);
        let more = if self.unauthenticate {
            " UNAUTHENTICATE AUTH=PLAIN SASL-IR"
        } else {
            ""
        };
        let greeting = match self.unauthenticate {
            true => format!("* OK [CAPABILITY IMAP4rev1{more}] hello\r\n"),
            false => "* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n".to_owned(),
        };
        write.write_all(greeting.as_bytes()).await.ok()?;
        let mut lines = BufReader::new(read).lines();
        while let Some(line) = lines.next_line().await.ok()? {
            let (tag, command) = line.split_once(' ')?;
            self.seen.lock().unwrap().push(command.to_owned());
            let odd = (self.odd.as_ref())
                .filter(|(user, _)| command.ends_with(user.as_str()))
                .map(|(_, odd)| *odd);
            let answer = match odd {
                _ if command == "LOGOUT" => {
                    let bye = format!("* BYE see you\r\n{tag} OK done\r\n");
                    return write.write_all(bye.as_bytes()).await.ok();
                }
                None if command == "CAPABILITY" => {
                    format!("* CAPABILITY IMAP4rev1{more}\r\n{tag} OK done\r\n")
                }
                None if command.starts_with("AUTHENTICATE") => {
                    format!("{tag} OK [CAPABILITY IMAP4rev1{more}] in\r\n")
                }
                None => format!("{tag} OK done\r\n"),
                Some(Odd::No) => format!("{tag} NO [CANNOT] not this one\r\n"),
                Some(Odd::Bad) => format!("{tag} BAD what?\r\n"),
                Some(Odd::Bye) => {
                    let bye = b"* BYE going down\r\n";
                    return write.write_all(bye).await.ok();
                }
                Some(Odd::Silence) => continue,
                Some(Odd::HalfALiteral) => "* LIST () \"/\" {10}\r\nhalf".to_owned(),
                Some(Odd::Close) => return Some(()),
            };
            write.write_all(answer.as_bytes()).await.ok()?;
        }
        Some(())
    }
}

struct Dialer(Arc<Server>);

impl Dial for Dialer {
    fn plan(&self, who: &Who) -> Result<Plan, String> {
        let mut plan = Plan::new(Place::Demo);
        if self.0.unauthenticate {
            plan.credentials.authcid = Some("admin".to_owned());
            plan.credentials.authzid.clone_from(&who.authz);
            plan.credentials.secret = Some(imapsh::sasl::Secret::new("pw".to_owned()));
        }
        Ok(plan)
    }

    fn open(&self, plan: Plan, _: bool) -> Handle {
        let (client, server) = tokio::io::duplex(64 * 1024);
        tokio::spawn(Arc::clone(&self.0).serve(server));
        let mut client = Some(client);
        link::spawn(plan, Some(Box::new(move || client.take().unwrap())))
    }
}

const SNIPPET: &str =
    "each: @users.csv\ntimeout: 300ms\n\nNOOP\nSUBSCRIBE ${user}\nOK\n!undo UNSUBSCRIBE ${user}\n";

fn job(server: &Arc<Server>, text: &str, count: usize) -> Job {
    let mut list = "user\n".to_owned();
    for number in 1..=count {
        list.push_str(&format!("user{number:03}\n"));
    }
    let (script, _) = parse("a.imap", text.as_bytes(), &NoFiles).unwrap();
    Job {
        script: Arc::new(script),
        file: "a.imap".to_owned(),
        rows: rows::read("users.csv", list.as_bytes()).unwrap(),
        given: BTreeMap::new(),
        secrets: BTreeMap::new(),
        profile: BTreeMap::new(),
        files: Arc::new(NoFiles),
        jobs: 8,
        stop_on_error: false,
        safe: SafeMode::Confirm,
        yes: false,
        timeout: Duration::from_secs(10),
        undo_on_failure: false,
        paused: false,
        dial: Arc::new(Dialer(Arc::clone(server))),
        papers: Arc::new(Papers::default()),
    }
}

/// What a run told.
#[derive(Default)]
struct Told {
    ends: BTreeMap<usize, Ended>,
    undo: BTreeMap<u64, Undo>,
    notes: Vec<String>,
    tally: Tally,
    exit: u8,
}

impl Told {
    fn take(&mut self, news: News) -> bool {
        match news {
            News::RowEnded { row, ended } => {
                self.ends.insert(row, ended);
            }
            News::Undo(undo) => {
                self.undo.insert(undo.number, undo);
            }
            News::UndoVoid { number } => {
                self.undo.remove(&number);
            }
            News::Note(sentence) => self.notes.push(sentence),
            News::Finished { tally, exit } => {
                (self.tally, self.exit) = (tally, exit);
                return true;
            }
            _ => {}
        }
        false
    }

    async fn follow(&mut self, running: &mut Running) {
        let end = async {
            while let Some(news) = running.news.recv().await {
                if self.take(news) {
                    return;
                }
            }
            panic!("the run ended without saying so");
        };
        let limit = Duration::from_secs(30);
        tokio::time::timeout(limit, end)
            .await
            .expect("an end in time");
    }
}

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

fn ran(job: Job) -> Told {
    on_runtime(async {
        let mut told = Told::default();
        told.follow(&mut spawn(job)).await;
        told
    })
}

#[test]
fn one_row_that_goes_wrong_harms_no_other() {
    for (odd, exit, keeps_undo) in [
        (Odd::No, exit::FAILED, false),
        (Odd::Bad, exit::FAILED, false),
        // Nobody knows whether it was done: the way back stays.
        (Odd::Bye, exit::FAILED, true),
        (Odd::Silence, exit::FAILED, true),
        (Odd::HalfALiteral, exit::FAILED, true),
        (Odd::Close, exit::FAILED, true),
    ] {
        let server = Arc::new(Server {
            odd: Some(("user057".to_owned(), odd)),
            ..Server::default()
        });
        let told = ran(job(&server, SNIPPET, 200));
        let bad: Vec<usize> = (told.ends.iter())
            .filter(|(_, ended)| ended.verdict != Verdict::Passed)
            .map(|(row, _)| *row)
            .collect();
        assert_eq!(bad, [57], "{odd:?}");
        assert_eq!((told.ends.len(), told.tally.passed), (200, 199), "{odd:?}");
        assert_eq!(told.exit, exit, "{odd:?}");
        assert_eq!(told.undo.len(), 199 + usize::from(keeps_undo), "{odd:?}");
        let ended = &told.ends[&57];
        let failure = &ended.verdict.failures()[0];
        assert!(matches!(failure.line, Some(5 | 6)), "{odd:?} {failure:?}");
        assert!(
            failure.text.contains("row 57, user user057"),
            "{}",
            failure.text
        );
        assert!(failure.text.contains("--only user057"), "{}", failure.text);
        assert!(
            ended
                .tail
                .iter()
                .any(|line| line.starts_with("C: A0001 NOOP")),
            "{:?}",
            ended.tail
        );
        // Each row once.
        let mut sent = server.seen();
        sent.retain(|line| line.starts_with("SUBSCRIBE"));
        sent.sort();
        let all = sent.len();
        sent.dedup();
        assert_eq!((all, sent.len()), (200, 200), "{odd:?}");
    }
}

#[test]
fn a_server_that_has_enough_gets_fewer_at_a_time() {
    let server = Arc::new(Server {
        most: Some(3),
        ..Server::default()
    });
    let told = ran(job(&server, SNIPPET, 60));
    assert_eq!(
        (told.tally.passed, told.exit),
        (60, exit::PASSED),
        "{:?}",
        told.notes
    );
    assert!(
        told.notes
            .iter()
            .any(|note| note.contains("refuses more connections"))
    );
    assert!(server.highest.load(Ordering::SeqCst) <= 3);
    let sent = server.seen();
    assert_eq!(
        sent.iter().filter(|l| l.starts_with("SUBSCRIBE")).count(),
        60
    );
}

#[test]
fn a_connection_goes_from_row_to_row_through_unauthenticate() {
    let server = Arc::new(Server {
        unauthenticate: true,
        ..Server::default()
    });
    let text = format!("authz: ${{user}}\n{SNIPPET}");
    let told = ran(job(&server, &text, 40));
    assert_eq!(told.tally.passed, 40, "{:?}", told.ends.values().next());
    let connections = server.connections.load(Ordering::SeqCst);
    let sent = server.seen();
    assert!(
        connections <= 8,
        "{connections} connections: {:?}",
        &sent[..20]
    );
    let count = |verb: &str| sent.iter().filter(|l| l.starts_with(verb)).count();
    assert_eq!(count("UNAUTHENTICATE"), 40 - connections);
    assert_eq!(count("AUTHENTICATE PLAIN"), 40);
    // And the way back says for whom.
    assert!(
        told.undo
            .values()
            .all(|undo| undo.user.as_deref() == Some(&undo.text["UNSUBSCRIBE ".len()..]))
    );
}

#[test]
fn stop_lets_rows_end_and_stop_now_does_not() {
    let server = Arc::new(Server::default());
    let slow = "each: @users.csv\n\nNOOP\n!sleep 50ms\nSUBSCRIBE ${user}\n";
    for order in [Order::Stop, Order::StopNow] {
        let told = on_runtime(async {
            let mut running = spawn(job(&server, slow, 200));
            let mut told = Told::default();
            while told.ends.len() < 10 {
                let news = running.news.recv().await.unwrap();
                told.take(news);
            }
            running.orders.send(order.clone()).unwrap();
            told.follow(&mut running).await;
            told
        });
        assert_eq!(told.exit, exit::STOPPED);
        assert!(told.ends.len() < 60, "{} rows", told.ends.len());
        let now = matches!(order, Order::StopNow);
        assert_eq!(told.tally.stopped > 0, now, "{}", told.tally);
        assert!(
            told.ends
                .values()
                .all(|end| now || end.verdict == Verdict::Passed)
        );
    }
}

#[test]
fn a_run_pauses_steps_leaves_rows_out_and_runs_them_again() {
    let server = Arc::new(Server {
        odd: Some(("user003".to_owned(), Odd::No)),
        ..Server::default()
    });
    let told = on_runtime(async {
        let mut running = spawn(Job {
            jobs: 1,
            ..job(&server, SNIPPET, 5)
        });
        let orders = running.orders.clone();
        let give = |order| orders.send(order).unwrap();
        give(Order::Pause);
        give(Order::LeaveOut(2));
        give(Order::Step);
        let mut told = Told::default();
        // One command of one row.
        loop {
            let news = running.news.recv().await.unwrap();
            if matches!(&news, News::Step { row: 1, step } if step.command == "NOOP") {
                break;
            }
            told.take(news);
        }
        assert!(
            server
                .seen()
                .iter()
                .all(|line| !line.starts_with("SUBSCRIBE"))
        );
        give(Order::Resume);
        told.follow(&mut running).await;
        assert_eq!(told.tally.to_string(), "3 ok, 1 failed, 1 skipped");
        give(Order::Again(vec![3]));
        give(Order::TakeIn(2));
        told.follow(&mut running).await;
        told
    });
    assert_eq!(told.tally.to_string(), "4 ok, 1 failed");
    let sent = server.seen();
    let count = |user: &str| {
        sent.iter()
            .filter(|l| **l == format!("SUBSCRIBE {user}"))
            .count()
    };
    assert_eq!(
        (count("user003"), count("user002"), count("user001")),
        (2, 1, 1)
    );
}

/// A stop leaves rows behind; what is asked for then is run, once, and nothing else.
#[test]
fn after_a_stop_only_what_is_asked_for_begins() {
    for order in [Order::Stop, Order::StopNow] {
        let server = Arc::new(Server::default());
        let told = on_runtime(async {
            let mut running = spawn(Job {
                jobs: 1,
                ..job(&server, SNIPPET, 6)
            });
            let orders = running.orders.clone();
            let give = |order| orders.send(order).unwrap();
            let mut told = Told::default();
            // While the first row is under way.
            loop {
                let news = running.news.recv().await.unwrap();
                let begun = matches!(&news, News::Doing { .. });
                told.take(news);
                if begun {
                    break;
                }
            }
            give(order);
            told.follow(&mut running).await;
            let waiting = told.tally.waiting();
            assert!(waiting >= 4, "{}", told.tally);
            give(Order::Again(vec![5, 6]));
            told.follow(&mut running).await;
            assert_eq!(told.tally.waiting(), waiting - 2, "{}", told.tally);
            // Nothing to do is told, too.
            give(Order::Again(vec![77]));
            told.follow(&mut running).await;
            give(Order::Again((1..=6).filter(|row| *row != 5).collect()));
            told.follow(&mut running).await;
            told
        });
        assert_eq!(told.tally.to_string(), "6 ok");
        let sent = server.seen();
        let fifth = sent.iter().filter(|line| **line == "SUBSCRIBE user005");
        assert_eq!(fifth.count(), 1);
    }
}

#[test]
fn what_safe_mode_asks_about_stops_the_run_before_it_is_sent() {
    let server = Arc::new(Server::default());
    let text = "each: @users.csv\n\nNOOP\nDELETE ${user}\n";
    let told = ran(job(&server, text, 50));
    assert_eq!(told.exit, exit::UNSAFE);
    assert!(told.tally.waiting() >= 40, "{}", told.tally);
    assert!(!server.seen().iter().any(|line| line.starts_with("DELETE")));
    let told = ran(Job {
        yes: true,
        ..job(&server, text, 5)
    });
    assert_eq!(told.exit, exit::PASSED);
    let told = ran(Job {
        yes: true,
        safe: SafeMode::ReadOnly,
        ..job(&server, SNIPPET, 5)
    });
    assert_eq!(told.exit, exit::UNSAFE);
    assert!(
        !server
            .seen()
            .iter()
            .any(|line| line.starts_with("SUBSCRIBE"))
    );
}

#[test]
fn a_row_that_fails_is_taken_back_at_once_where_that_is_wanted() {
    let server = Arc::new(Server {
        odd: Some(("B user002".to_owned(), Odd::No)),
        ..Server::default()
    });
    let text = "each: @users.csv\n\nRENAME A ${user}\nOK\n!undo RENAME ${user} A\n\nSUBSCRIBE ${user}\nOK\n!undo UNSUBSCRIBE ${user}\n\nRENAME B ${user}\n";
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("undo.imap");
    let papers = Arc::new(Papers::new(
        None,
        Some(UndoFile::create(&path, "a", false).unwrap()),
    ));
    let told = ran(Job {
        yes: true,
        undo_on_failure: true,
        papers: Arc::clone(&papers),
        ..job(&server, text, 3)
    });
    assert_eq!(told.tally.to_string(), "2 ok, 1 failed");
    assert_eq!(told.ends[&2].undone, Some(true));
    let sent = server.seen();
    let place = |line: &str| {
        sent.iter()
            .position(|one| one == line)
            .unwrap_or_else(|| panic!("{line}"))
    };
    assert!(place("RENAME B user002") < place("UNSUBSCRIBE user002"));
    assert!(place("UNSUBSCRIBE user002") < place("RENAME user002 A"));
    // Taken back once: not in the file any more.
    assert_eq!(papers.finish().unwrap(), Some(4));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("UNSUBSCRIBE user001") && !text.contains("user002"),
        "{text}"
    );
}

#[test]
fn a_value_of_a_row_is_always_one_argument() {
    let server = Arc::new(Server::default());
    let mut job = job(&server, "each: @users.csv\n\nSUBSCRIBE ${user}\n", 1);
    let evil = [
        "a b",
        "\"",
        "a\"b\\c",
        "{5}",
        "{5+}",
        "${user}",
        "!undo x",
        "* OK",
        "(x)",
        "a\r\nA1 DELETE b",
        "\r\n",
        "%",
        "]",
        "\u{e9}",
        "",
    ];
    let mut list = "user\n".to_owned();
    for value in evil {
        list.push_str(&format!("\"{}\"\n", value.replace('"', "\"\"")));
    }
    job.rows = rows::read("users.csv", list.as_bytes()).unwrap();
    let count = job.rows.len();
    let told = ran(job);
    assert_eq!(told.ends.len(), count);
    for line in server.seen() {
        assert!(
            !line.contains("DELETE") || line.starts_with("SUBSCRIBE"),
            "{line:?}"
        );
    }
}
