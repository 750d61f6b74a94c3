//! What a run really says to a server: logins that are refused, octets as they are written, users in the middle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imapsh::batch::{Dial, Ended, Job, News, Papers, Tally, Verdict, exit, rows, spawn};
use imapsh::channel::{Place, Plan};
use imapsh::link::{self, Handle};
use imapsh::safety::SafeMode;
use imapsh::sasl::Secret;
use imapsh::snippet::{NoFiles, Who, parse};
use imapsh::wire::base64;
use tokio::io::DuplexStream;

use crate::common::script::Peer;

/// What is said to a login: `None` lets in. Who acts for whom, with which password.
type Judge = fn(&str, &str, &str) -> Option<&'static str>;

/// Lets in whom its judge lets in, and says OK to all but `silent`.
struct Server {
    judge: Judge,
    /// Logins: who, for whom.
    logins: Mutex<Vec<(String, String)>>,
    /// What came on each connection behind its login, as it came.
    heard: Mutex<Vec<Vec<u8>>>,
}

impl Server {
    fn new(judge: Judge) -> Arc<Server> {
        Arc::new(Server {
            judge,
            logins: Mutex::default(),
            heard: Mutex::default(),
        })
    }

    fn logins(&self) -> Vec<(String, String)> {
        self.logins.lock().unwrap().clone()
    }

    fn heard(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let text = |octets: &Vec<u8>| String::from_utf8_lossy(octets).into_owned();
        heard.iter().map(text).collect()
    }

    async fn serve(self: Arc<Server>, stream: DuplexStream) {
        let mut peer = Peer::new(stream);
        peer.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n")
            .await;
        let Some(line) = peer.line().await else {
            return;
        };
        let (tag, command) = line.split_once(' ').unwrap_or_default();
        let words = command.rsplit(' ').next().unwrap_or_default();
        let words = base64::decode(words.as_bytes()).unwrap_or_default();
        let words: Vec<String> = (words.split(|octet| *octet == 0))
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        let [authzid, authcid, password] = words.as_slice() else {
            panic!("{line}");
        };
        let pair = (authcid.clone(), authzid.clone());
        self.logins.lock().unwrap().push(pair);
        let judged = (self.judge)(authcid, authzid, password);
        let said = match judged {
            None => format!("{tag} OK [CAPABILITY IMAP4rev1 BINARY LITERAL+] in\r\n"),
            Some(refused) => format!("{tag} NO {refused}\r\n"),
        };
        let before = peer.heard.len();
        peer.say(&said).await;
        while let Some(line) = peer.line().await {
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            if let Some((_, size)) = command.rsplit_once('{')
                && let Ok(size) = size.trim_end_matches(['+', '}']).parse()
            {
                peer.octets(size).await;
                peer.line().await;
            }
            if command.starts_with("XSILENT") {
                continue;
            }
            let bye = if command == "LOGOUT" { "* BYE\r\n" } else { "" };
            peer.say(&format!("{bye}{tag} OK done\r\n")).await;
            if command == "LOGOUT" {
                break;
            }
        }
        let heard = peer.heard.get(before..).unwrap_or_default().to_vec();
        self.heard.lock().unwrap().push(heard);
    }
}

/// All log in as `admin`, password `pw`, unless the snippet says else.
struct Dialer(Arc<Server>);

impl Dial for Dialer {
    fn plan(&self, who: &Who) -> Result<Plan, String> {
        let mut plan = Plan::new(Place::Demo);
        let credentials = &mut plan.credentials;
        let admin = || "admin".to_owned();
        credentials.authcid = who.authn.clone().or_else(|| Some(admin()));
        credentials.authzid.clone_from(&who.authz);
        credentials.secret = Some(Secret::new("pw".to_owned()));
        Ok(plan)
    }

    fn open(&self, plan: Plan, _: bool) -> Handle {
        let (client, server) = tokio::io::duplex(64 * 1024);
        tokio::spawn(Arc::clone(&self.0).serve(server));
        let mut client = Some(client);
        link::spawn(plan, Some(Box::new(move || client.take().unwrap())))
    }
}

#[derive(Default)]
struct Told {
    ends: BTreeMap<usize, Ended>,
    notes: Vec<String>,
    tally: Tally,
    exit: u8,
}

impl Told {
    fn bad(&self) -> Vec<usize> {
        let bad = |(row, ended): (&usize, &Ended)| (!ended.verdict.is_good()).then_some(*row);
        self.ends.iter().filter_map(bad).collect()
    }
}

/// Plays `text` for the rows of `list`.
fn play(server: &Arc<Server>, text: &str, list: &str) -> Told {
    let (script, _) = parse("a.imap", text.as_bytes(), &NoFiles).unwrap();
    let rows = match list {
        "" => vec![imapsh::batch::Row::only()],
        list => rows::read("users.csv", list.as_bytes()).unwrap(),
    };
    let job = Job {
        script: Arc::new(script),
        file: "a.imap".to_owned(),
        rows,
        given: BTreeMap::new(),
        secrets: BTreeMap::new(),
        profile: BTreeMap::new(),
        files: Arc::new(NoFiles),
        jobs: 8,
        stop_on_error: false,
        safe: SafeMode::Off,
        yes: false,
        timeout: Duration::from_secs(10),
        undo_on_failure: false,
        paused: false,
        dial: Arc::new(Dialer(Arc::clone(server))),
        papers: Arc::new(Papers::default()),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut running = spawn(job);
        let mut told = Told::default();
        let all = async {
            while let Some(news) = running.news.recv().await {
                match news {
                    News::RowEnded { row, ended } => {
                        told.ends.insert(row, ended);
                    }
                    News::Note(note) => told.notes.push(note),
                    News::Finished { tally, exit } => {
                        (told.tally, told.exit) = (tally, exit);
                        return;
                    }
                    _ => {}
                }
            }
        };
        let limit = Duration::from_secs(30);
        tokio::time::timeout(limit, all).await.expect("an end");
        told
    })
}

fn users(names: &[&str], count: usize) -> String {
    let mut list = "user\n".to_owned();
    let numbered = (names.len()..count).map(|number| format!("user{number:03}"));
    let named = names.iter().map(|name| (*name).to_owned());
    for name in named.chain(numbered) {
        list.push_str(&name);
        list.push('\n');
    }
    list
}

const ACTING: &str = "each: @users.csv\nauthz: ${user}\n\nNOOP\n";
const GONE: [&str; 6] = ["gone1", "gone2", "gone3", "gone4", "gone5", "gone6"];

/// Whatever a server says of them, and although it says the same of a wrong password.
#[test]
fn unknown_users_at_the_head_of_the_list_harm_nobody_else() {
    let judges: [Judge; 3] = [
        |_, user, _| {
            (user.starts_with("gone")).then_some("[AUTHENTICATIONFAILED] Authentication failed.")
        },
        |_, user, _| user.starts_with("gone").then_some("no such user"),
        |_, user, _| (user.starts_with("gone")).then_some("[AUTHORIZATIONFAILED] not for them"),
    ];
    for judge in judges {
        let server = Server::new(judge);
        let told = play(&server, ACTING, &users(&GONE, 60));
        assert_eq!(told.bad(), [1, 2, 3, 4, 5, 6], "{:?}", told.notes);
        assert_eq!((told.tally.passed, told.exit), (54, exit::CONNECTION));
        // Nobody twice.
        let mut logins = server.logins();
        logins.sort();
        logins.dedup();
        assert_eq!((logins.len(), server.logins().len()), (60, 60));
    }
}

/// More tries may lock the account.
#[test]
fn a_wrong_password_that_all_rows_share_stops_the_run() {
    let wrong: Judge = |_, _, _| Some("[AUTHENTICATIONFAILED] Authentication failed.");
    let server = Server::new(wrong);
    let told = play(&server, ACTING, &users(&[], 200));
    assert_eq!((told.ends.len(), server.logins().len()), (5, 5));
    assert_eq!((told.tally.waiting(), told.exit), (195, exit::CONNECTION));
    assert!(
        told.notes[0].contains("more tries may lock"),
        "{:?}",
        told.notes
    );
    // Without anybody to act for, one answer is the answer for all.
    let server = Server::new(wrong);
    let told = play(&server, "each: @users.csv\n\nNOOP\n", &users(&[], 200));
    assert_eq!(server.logins().len(), 1);
    assert_eq!((told.tally.waiting(), told.exit), (199, exit::CONNECTION));
    assert!(
        told.notes[0].contains("Every row logs in as admin"),
        "{:?}",
        told.notes
    );
    // An identity that the snippet fixes is as common.
    let server = Server::new(wrong);
    play(
        &server,
        "each: @users.csv\nauthn: joe\n\nNOOP\n",
        &users(&[], 200),
    );
    assert_eq!(server.logins(), [("joe".to_owned(), String::new())]);
}

#[test]
fn rows_that_log_in_themselves_fail_alone() {
    let server = Server::new(|user, _, password| {
        (password != user.replace("user", "pw")).then_some("[AUTHENTICATIONFAILED] no")
    });
    let mut list = "user,password\n".to_owned();
    for number in 1..=40 {
        let password = if number <= 10 { "wrong" } else { "pw" };
        list.push_str(&format!("user{number},{password}{number}\n"));
    }
    let told = play(&server, "each: @users.csv\nauthn: ${user}\n\nNOOP\n", &list);
    assert_eq!(told.bad(), (1..=10).collect::<Vec<_>>(), "{:?}", told.notes);
    assert_eq!(told.tally.passed, 30);
    // What a row's file says is shown to nobody.
    let all = format!("{:?} {:?}", told.ends, told.notes);
    assert!(!all.contains("wrong1") && !all.contains("pw11"), "{all}");
}

fn anybody() -> Arc<Server> {
    Server::new(|_, _, _| None)
}

#[test]
fn send_puts_out_the_octets_that_are_written_and_no_others() {
    let server = anybody();
    let text = "NOOP\n!send \"x1 XBAD \\x00\\t\\\"q\\\"\\r\\nx2 NOOP\\r\\n\"\n!sleep 20ms\nNOOP\n";
    let told = play(&server, text, "");
    assert_eq!(told.tally.passed, 1, "{:?}", told.ends);
    let heard = server.heard();
    assert!(
        heard[0].contains(" NOOP\r\nx1 XBAD \0\t\"q\"\r\nx2 NOOP\r\nA"),
        "{heard:?}"
    );
}

#[test]
fn a_counted_binary_literal_goes_out_whole() {
    let server = anybody();
    // A line end counts two octets; NUL may be in it.
    let told = play(&server, "APPEND INBOX ~{6}\na\0b\nc\nOK\n", "");
    assert_eq!(told.tally.passed, 1, "{:?}", told.ends);
    let heard = server.heard();
    assert!(
        heard[0].contains(" APPEND INBOX ~{6+}\r\na\0b\r\nc\r\n"),
        "{heard:?}"
    );
}

#[test]
fn as_goes_on_as_another_user() {
    let server = anybody();
    let text = "authz: alice\n\nXFIRST\n!as bob\nXSECOND\n!as bob\nXTHIRD\n";
    let told = play(&server, text, "");
    assert_eq!(told.tally.passed, 1, "{:?}", told.ends);
    let pair = |user: &str| ("admin".to_owned(), user.to_owned());
    assert_eq!(server.logins(), [pair("alice"), pair("bob")]);
    let heard = server.heard();
    let (first, second) = (&heard[0], &heard[1]);
    assert!(first.contains(" XFIRST\r\n") && first.ends_with(" LOGOUT\r\n"));
    assert!(second.contains(" XSECOND\r\n") && second.contains(" XTHIRD\r\n"));
}

#[test]
fn timeout_is_the_limit_from_there_on() {
    let server = anybody();
    let began = std::time::Instant::now();
    let told = play(&server, "NOOP\n!timeout 50ms\nXSILENT\n", "");
    // The snippet's own limit would be ten seconds.
    assert!(began.elapsed() < Duration::from_secs(8));
    let failure = &told.ends[&1].verdict.failures()[0];
    assert_eq!(failure.line, Some(3), "{failure:?}");
    assert!(failure.text.contains("within 0.05 s"), "{}", failure.text);
    assert_eq!(told.exit, exit::FAILED);
}

#[test]
fn ifenv_asks_the_environment_of_the_program() {
    let server = anybody();
    let text =
        "!ifenv PATH\nXIS\n!else\nXISNOT\n!endif\n!ifnenv IMAPSH_NO_SUCH_VARIABLE\nXNONE\n!endif\n";
    let told = play(&server, text, "");
    assert_eq!(told.ends[&1].verdict, Verdict::Passed);
    let heard = server.heard();
    assert!(heard[0].contains(" XIS\r\n") && heard[0].contains(" XNONE\r\n"));
    assert!(!heard[0].contains("XISNOT"), "{heard:?}");
}

/// A user's name may hold anything but NUL: then nothing is sent of that row, and others go on.
#[test]
fn nul_in_a_list_is_an_error_before_anything_is_sent() {
    let server = anybody();
    let list = "user,box\nalice,A\nbob,\"B\0B\"\ncarol,C\n";
    let text = "each: @users.csv\nauthz: ${user}\n\nXFIRST\nCREATE ${box}\n";
    let told = play(&server, text, list);
    assert_eq!(told.bad(), [2]);
    let failure = &told.ends[&2].verdict.failures()[0];
    assert!(failure.text.contains("NUL"), "{}", failure.text);
    assert_eq!(told.tally.passed, 2);
    let heard = server.heard().concat();
    assert_eq!(heard.matches(" XFIRST\r\n").count(), 2, "{heard:?}");
    assert!(!heard.contains('\0'));
    assert!(server.logins().iter().all(|(_, user)| user != "bob"));
}
