//! A snippet's player on real client sessions, against the demo or a server that is made up. No sockets, no
//! sleep: time goes on when nothing else can happen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use imapsh::demo::{Demo, LineKind, ServerSession};
use imapsh::safety::SafeMode;
use imapsh::session::{CloseCause, Event, Reply, Session};
use imapsh::snippet::{Act, Files, Player, Record, Settings, Vars, Verdict, Who, parse};
use imapsh::wire::{Command, Origin};

/// Files by their paths.
#[derive(Default)]
pub struct Folder(pub BTreeMap<String, Vec<u8>>);

impl Folder {
    pub fn with(files: &[(&str, &str)]) -> Folder {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        Folder(files.iter().map(own).collect())
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let found = self.0.get(path).cloned();
        found.ok_or_else(|| format!("{path} is not there."))
    }
}

/// What a made-up server says to a command that begins so; `close` closes, all else is answered OK.
pub type Says = [(&'static str, &'static str)];

fn answer(says: &Says, line: &str) -> Option<String> {
    let rest = line.split_once(' ').map_or(line, |(_, rest)| rest);
    let found = says.iter().find(|(begin, _)| rest.starts_with(begin));
    match found.map(|(_, said)| *said) {
        Some("close") => None,
        Some(said) => Some(said.replace('\n', "\r\n")),
        None => Some("TAG OK done\r\n".to_owned()),
    }
}

/// What a made-up server says to a line.
type Answer = dyn FnMut(&str) -> Option<String>;

/// The other end of a connection.
pub enum Far {
    Demo(Box<ServerSession>),
    MadeUp(Vec<(&'static str, &'static str)>),
    /// Lines in, octets out, `TAG` for the tag; the empty line asks for the greeting, `None` closes.
    Answering(Box<Answer>),
}

/// How connections are made: the number of the connection and who it is.
pub type Dial<'d> = dyn FnMut(usize, &Who) -> Far + 'd;

struct Link {
    session: Session,
    far: Far,
    line: Vec<u8>,
    told: bool,
    closed: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Played {
    pub verdict: Verdict,
    pub records: Vec<Record>,
    /// The undo lines that still hold.
    pub undo: Vec<(u64, String)>,
    pub output: Vec<String>,
    pub notes: Vec<String>,
    /// Everything that the client sent, by connection.
    pub sent: BTreeMap<usize, String>,
    /// Acts in order, in words.
    pub order: Vec<String>,
}

impl Played {
    /// The failure as text; panics if there is none.
    #[track_caller]
    pub fn failure(&self) -> String {
        match &self.verdict {
            Verdict::Failed(found)
            | Verdict::Refused(found)
            | Verdict::Lost(found)
            | Verdict::NotOpened(found) => found.iter().map(|d| d.text(None)).collect(),
            other => panic!("no failure: {other:?}"),
        }
    }

    #[track_caller]
    pub fn passed(self) -> Played {
        assert_eq!(
            self.verdict,
            Verdict::Passed,
            "{}\n{:#?}",
            self.failure(),
            self.sent
        );
        self
    }
}

/// A snippet, what it is given, what it is played on.
pub struct Stage {
    pub files: Arc<Folder>,
    pub vars: Vars,
    pub safe: SafeMode,
    pub yes: bool,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage {
            files: Arc::new(Folder::default()),
            vars: Vars::default(),
            safe: SafeMode::Off,
            yes: false,
        }
    }
}

impl Stage {
    /// Against a demo of its own, as craig (cyrus acts for whom the snippet names).
    pub fn on_demo(&self, text: &str) -> Played {
        let demo = Demo::new(imapsh::demo::Options { users: 0 });
        self.on(&demo, text)
    }

    pub fn on(&self, demo: &Demo, text: &str) -> Played {
        self.play(text, &mut |_, _| Far::Demo(Box::new(server(demo))))
    }

    /// Against a server that says these things; tags are put in for `TAG`.
    pub fn made_up(&self, text: &str, says: &Says) -> Played {
        self.play(text, &mut |_, _| Far::MadeUp(says.to_vec()))
    }

    pub fn play(&self, text: &str, dial: &mut Dial<'_>) -> Played {
        let script = match parse("test.imap", text.as_bytes(), &*self.files) {
            Ok((script, _)) => script,
            Err(found) => {
                let found: String = found.iter().map(|d| d.text(None)).collect();
                panic!("it does not parse:\n{found}\n{text}")
            }
        };
        let mut settings = Settings::new(self.files.clone());
        settings.safe = self.safe;
        settings.yes = self.yes;
        let player = Player::new(Arc::new(script), self.vars.clone(), settings);
        run(player, dial)
    }
}

pub fn server(demo: &Demo) -> ServerSession {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    ServerSession::new(demo.store(), LineKind::Memory, Instant::now(), wall)
}

/// Plays until it is over.
pub fn run(mut player: Player, dial: &mut Dial<'_>) -> Played {
    let mut now = Instant::now();
    let mut links: BTreeMap<usize, Link> = BTreeMap::new();
    let mut played = Played {
        verdict: Verdict::Skipped("not begun".to_owned()),
        records: Vec::new(),
        undo: Vec::new(),
        output: Vec::new(),
        notes: Vec::new(),
        sent: BTreeMap::new(),
        order: Vec::new(),
    };
    for _ in 0..1_000_000 {
        while let Some(act) = player.poll(now) {
            match act {
                Act::Open { conn, who } => {
                    let mut link = Link {
                        session: Session::new(now),
                        far: dial(conn, &who),
                        line: Vec::new(),
                        told: false,
                        closed: false,
                    };
                    if matches!(link.far, Far::MadeUp(_)) {
                        link.session.handle_input(
                            now,
                            b"* OK [CAPABILITY IMAP4rev1 LITERAL+] ready
",
                        );
                    }
                    if let Far::Answering(answer) = &mut link.far
                        && let Some(greeting) = answer("")
                    {
                        link.session.handle_input(now, greeting.as_bytes());
                    }
                    pump(&mut link, conn, &mut player, now, &mut played);
                    let login = match (&link.far, &who.authz) {
                        (Far::Demo(_), Some(user)) if user == "cyrus" => {
                            "LOGIN cyrus adminpass".to_owned()
                        }
                        (Far::Demo(_), Some(user)) => format!("LOGIN {user} secret"),
                        _ => "LOGIN craig secret".to_owned(),
                    };
                    match who.nobody {
                        true => {
                            link.told = true;
                            player.on_opened(conn, link.session.capabilities(), now);
                        }
                        false => {
                            let login = Command::line(Origin::Program, &login);
                            link.session.submit(now, login);
                        }
                    }
                    pump(&mut link, conn, &mut player, now, &mut played);
                    played.sent.insert(conn, String::new());
                    played
                        .order
                        .push(format!("open {conn} {}", who.authz.unwrap_or_default()));
                    links.insert(conn, link);
                }
                Act::Send { conn, command } => {
                    played.order.push(format!("send {}", command.verb()));
                    links.get_mut(&conn).unwrap().session.submit(now, command);
                }
                Act::Line { conn, octets } => {
                    let reply = match octets.eq_ignore_ascii_case(b"DONE") {
                        true => Reply::Done,
                        false => Reply::Line(octets),
                    };
                    links
                        .get_mut(&conn)
                        .unwrap()
                        .session
                        .respond(now, reply)
                        .unwrap();
                }
                Act::Octets { conn, octets } => {
                    let link = links.get_mut(&conn).unwrap();
                    deliver(link, conn, &octets, now, &mut played);
                }
                Act::Undo { id, text } => {
                    played.order.push(format!("undo {text}"));
                    played.undo.push((id, text));
                }
                Act::UndoWithdrawn { id } => played.undo.retain(|(own, _)| *own != id),
                Act::Output(text) => played.output.push(text),
                Act::Note(text) => played.notes.push(text),
                Act::StepBegan { .. } => {}
                Act::StepEnded(record) => played.records.push(record),
                Act::Done(verdict) => {
                    played.verdict = verdict;
                    return played;
                }
            }
        }
        let mut moved = false;
        for (conn, link) in &mut links {
            moved |= pump(link, *conn, &mut player, now, &mut played);
        }
        if !moved {
            now = player.timeout().expect("it waits for ever");
        }
    }
    panic!("it does not end");
}

/// Moves octets and events; whether there were any.
fn pump(
    link: &mut Link,
    conn: usize,
    player: &mut Player,
    now: Instant,
    played: &mut Played,
) -> bool {
    let mut moved = false;
    loop {
        let mut again = false;
        while let Some(octets) = link.session.poll_transmit() {
            again = true;
            deliver(link, conn, &octets, now, played);
        }
        if let Far::Demo(server) = &mut link.far {
            server.handle_change(now);
            while let Some(octets) = server.poll_transmit() {
                again = true;
                link.session.handle_input(now, &octets);
            }
        }
        if link.closed {
            link.closed = false;
            link.session.handle_close(now, CloseCause::Closed);
        }
        let mut logged_in = false;
        while let Some(event) = link.session.poll_event() {
            again = true;
            logged_in |= matches!(event, Event::Completed { .. }) && !link.told;
            player.on_event(conn, &event, now);
        }
        if logged_in {
            link.told = true;
            player.on_opened(conn, link.session.capabilities(), now);
        }
        if !again {
            return moved;
        }
        moved = true;
    }
}

/// Octets of the client's reach the server.
fn deliver(link: &mut Link, conn: usize, octets: &[u8], now: Instant, played: &mut Played) {
    let sent = played.sent.entry(conn).or_default();
    sent.push_str(&String::from_utf8_lossy(octets));
    match &mut link.far {
        Far::Demo(server) => server.handle_input(now, octets),
        Far::MadeUp(_) | Far::Answering(_) => {
            link.line.extend_from_slice(octets);
            while let Some(end) = link.line.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = link.line.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                let (tag, rest) = line.split_once(' ').unwrap_or(("", &line));
                let login = rest.starts_with("LOGIN ");
                let said = match &mut link.far {
                    Far::Answering(_) if login => Some("TAG OK in\r\n".to_owned()),
                    Far::Answering(answer) => answer(&line),
                    Far::MadeUp(_) if login => {
                        Some("TAG OK [CAPABILITY IMAP4rev1 LITERAL+] in\r\n".to_owned())
                    }
                    Far::MadeUp(says) => answer(says, &line),
                    Far::Demo(_) => None,
                };
                match said {
                    Some(said) => link
                        .session
                        .handle_input(now, said.replace("TAG", tag).as_bytes()),
                    None => link.closed = true,
                }
                link.closed |= rest == "LOGOUT" && matches!(link.far, Far::MadeUp(_));
            }
        }
    }
}
