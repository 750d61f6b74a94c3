//! Command lines to a verb and a plan, or to one sentence.

use std::ffi::OsString;

use imapsh::args::{self, Exec, Invocation, Stop, Verb};
use imapsh::channel::{Place, Plan, Security};
use imapsh::config::{Account, AccountError, Config};

/// Splits a line at spaces; `''` is an empty word, `'a b'` one word.
fn words(line: &str) -> Vec<OsString> {
    let mut words = vec![OsString::from("imapsh")];
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').expect("a closing quote"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.into());
        rest = after.trim_start();
    }
    words
}

fn read(line: &str) -> Invocation {
    args::parse(words(line), []).unwrap_or_else(|stop| panic!("{line}: {stop}"))
}

const CONFIG: &str = r#"
default_profile = "staging"
[profile.prod]
host = "mail.example.com"
authcid = "cyrus"
[profile.staging]
host = "staging.example.com"
security = "starttls"
port = 1143
authcid = "admin"
authzid = "alice"
mechanism = "PLAIN"
auto = false
mailbox = "INBOX"
[profile.bare]
host = "localhost"
security = "none"
"#;

fn config() -> Config {
    Config::parse(CONFIG, std::path::Path::new("config.toml")).unwrap()
}

fn plan(line: &str) -> Plan {
    let call = read(line);
    Account::new(&call.wishes, call.target.as_ref(), &config())
        .unwrap_or_else(|error| panic!("{line}: {error}"))
        .expect("a place")
        .plan
}

/// `host:port security authcid>authzid mechanism`.
fn short(plan: &Plan) -> String {
    let Place::Tcp { host, port } = &plan.place else {
        return "demo".to_owned();
    };
    let security = match plan.security {
        Security::Plain => "plain",
        Security::StartTls => "starttls",
        Security::Implicit => "tls",
    };
    let who = &plan.credentials;
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{host} {port} {security} {} {} {}",
        name(&who.authcid),
        name(&who.authzid),
        name(&who.mechanism)
    )
}

/// As the program does it.
fn account(call: &Invocation) -> Result<Option<Account>, AccountError> {
    match call.verb {
        Verb::Demo { .. } | Verb::DemoExec { .. } | Verb::DemoListen { .. } => {
            Account::demo(&call.wishes, ("cyrus", "craig"), |_| None).map(Some)
        }
        _ => Account::new(&call.wishes, call.target.as_ref(), &config()),
    }
}

#[test]
fn where_and_as_whom() {
    let table = [
        // imtest's own lines
        ("localhost", "localhost 143 plain - - -"),
        ("-s localhost", "localhost 993 tls - - -"),
        ("-t '' localhost", "localhost 143 starttls - - -"),
        (
            "-p 1143 -t '' -a craig localhost",
            "localhost 1143 starttls craig - -",
        ),
        (
            "-s -u craig -a cyrus localhost",
            "localhost 993 tls cyrus craig -",
        ),
        (
            "-su craig -acyrus localhost",
            "localhost 993 tls cyrus craig -",
        ),
        (
            "-m login -a craig localhost",
            "localhost 143 plain craig - login",
        ),
        ("localhost -s -a craig", "localhost 993 tls craig - -"),
        // hosts
        (
            "mail.example.com:1993 -s",
            "mail.example.com 1993 tls - - -",
        ),
        ("[::1]:143", "::1 143 plain - - -"),
        ("[::1]", "::1 143 plain - - -"),
        ("::1", "::1 143 plain - - -"),
        ("-s [2001:db8::7]:1993", "2001:db8::7 1993 tls - - -"),
        ("-p 143 localhost:143", "localhost 143 plain - - -"),
        (
            "-a cyrus localhost+craig",
            "localhost 143 plain cyrus craig -",
        ),
        (
            "-a cyrus localhost:99+craig+lists",
            "localhost 99 plain cyrus craig+lists -",
        ),
        (
            "-a cyrus -u craig localhost+craig",
            "localhost 143 plain cyrus craig -",
        ),
        // URLs
        ("imap://localhost", "localhost 143 plain - - -"),
        ("imaps://localhost", "localhost 993 tls - - -"),
        ("IMAPS://craig@localhost", "localhost 993 tls craig - -"),
        (
            "imaps://craig@localhost/INBOX",
            "localhost 993 tls craig - -",
        ),
        (
            "imaps://cyrus@[::1]:1993/INBOX+alice@example.com",
            "::1 1993 tls cyrus alice@example.com -",
        ),
        (
            "imaps://cyrus@host+alice@example.com",
            "host 993 tls cyrus alice@example.com -",
        ),
        ("imap://a%40b;AUTH=PLAIN@host", "host 143 plain a@b - PLAIN"),
        ("imap://craig;AUTH=*@host", "host 143 plain craig - -"),
        ("-t '' imap://craig@host", "host 143 starttls craig - -"),
        ("-s imaps://host", "host 993 tls - - -"),
        ("-a craig imap://craig@host", "host 143 plain craig - -"),
        ("imap://bob%2Bx@host", "host 143 plain bob+x - -"),
        // profiles; the command line is above them
        ("@prod", "mail.example.com 993 tls cyrus - -"),
        ("@prod+alice", "mail.example.com 993 tls cyrus alice -"),
        (
            "@staging",
            "staging.example.com 1143 starttls admin alice PLAIN",
        ),
        (
            "@staging+bob",
            "staging.example.com 1143 starttls admin bob PLAIN",
        ),
        (
            "@staging -a root -m LOGIN -p 5",
            "staging.example.com 5 starttls root alice LOGIN",
        ),
        ("@bare", "localhost 143 plain - - -"),
        ("-s @bare", "localhost 993 tls - - -"),
        ("", "staging.example.com 1143 starttls admin alice PLAIN"),
        (
            "-u carol",
            "staging.example.com 1143 starttls admin carol PLAIN",
        ),
    ];
    for (line, wanted) in table {
        assert_eq!(short(&plan(line)), wanted, "{line}");
    }
}

#[test]
fn then_what() {
    let exec = |commands: &[&str], raw| {
        Verb::Exec(Exec {
            commands: commands.iter().map(|c| (*c).to_owned()).collect(),
            raw,
        })
    };
    let table = [
        ("localhost", Verb::Screen),
        ("@prod", Verb::Screen),
        ("", Verb::Screen),
        ("localhost exec", exec(&[], false)),
        ("exec @prod NOOP", exec(&["NOOP"], false)),
        ("exec NOOP @prod", exec(&["NOOP"], false)),
        ("exec NOOP imaps://craig@host", exec(&["NOOP"], false)),
        ("localhost exec NOOP @prod", exec(&["NOOP", "@prod"], false)),
        (
            "-s -u craig -a cyrus localhost exec 'GETACL INBOX'",
            exec(&["GETACL INBOX"], false),
        ),
        (
            "localhost exec -s 'GETACL INBOX' -u craig NOOP -a cyrus",
            exec(&["GETACL INBOX", "NOOP"], false),
        ),
        ("exec @prod NOOP", exec(&["NOOP"], false)),
        ("exec imaps://craig@host NOOP --raw", exec(&["NOOP"], true)),
        ("@prod exec -- -x", exec(&["-x"], false)),
        ("exec NOOP", exec(&["NOOP"], false)),
        (
            "exec 'b33p sUbScRiBe user.monty'",
            exec(&["b33p sUbScRiBe user.monty"], false),
        ),
        ("demo", Verb::Demo { users: 0 }),
        ("demo --users 300", Verb::Demo { users: 300 }),
        (
            "--users 3 demo exec NOOP",
            Verb::DemoExec {
                users: 3,
                exec: Exec {
                    commands: vec!["NOOP".into()],
                    raw: false,
                },
            },
        ),
        (
            "demo --listen 127.0.0.1:1143",
            Verb::DemoListen {
                users: 0,
                address: "127.0.0.1:1143".parse().unwrap(),
            },
        ),
        (
            "demo --listen [::1]:0 --users 2",
            Verb::DemoListen {
                users: 2,
                address: "[::1]:0".parse().unwrap(),
            },
        ),
        (
            "demo --listen localhost:1143",
            Verb::DemoListen {
                users: 0,
                address: "127.0.0.1:1143".parse().unwrap(),
            },
        ),
        ("run:143", Verb::Screen),
        ("-- exec NOOP", exec(&["NOOP"], false)),
    ];
    for (line, wanted) in table {
        assert_eq!(read(line).verb, wanted, "{line}");
    }
}

#[test]
fn a_wrong_command_line_is_one_sentence() {
    let table = [
        (
            "localhost:0",
            "\"0\" is no port: a port is a number from 1 to 65535",
        ),
        ("localhost:99999", "\"99999\" is no port"),
        ("localhost:", "\"\" is no port"),
        ("localhost:+5", "\"\" is no port"),
        (
            "-p 0 localhost",
            "-p: \"0\" is no port: a port is a number from 1 to 65535",
        ),
        ("-p smtp localhost", "-p: \"smtp\" is no port"),
        (
            "-p 144 localhost:143",
            "-p says \"144\" and the target says \"143\": choose one",
        ),
        (
            "-s imap://host",
            "-s is TLS from the first byte and imap:// is without",
        ),
        (
            "-t '' imaps://host",
            "imaps:// is TLS from the first byte and -t \"\" demands STARTTLS",
        ),
        (
            "-s -t '' host",
            "-s is TLS from the first byte and -t \"\" demands STARTTLS: choose one",
        ),
        ("-t nowhere.pem host", "-t \"nowhere.pem\": No such file"),
        (
            "-s --ca nowhere.pem host",
            "--ca \"nowhere.pem\": No such file",
        ),
        (
            "-s --ca Cargo.toml --insecure host",
            "--insecure verifies nothing",
        ),
        ("-a x --insecure host", "--insecure goes with TLS"),
        ("-a x --ca Cargo.toml host", "--ca goes with TLS"),
        (
            "-u craig host",
            "act as \"craig\" needs somebody who logs in: add -a USER",
        ),
        ("host+craig", "act as \"craig\" needs somebody who logs in"),
        ("@bare+craig", "act as \"craig\" needs somebody who logs in"),
        (
            "-w secret host",
            "-w says how to log in, but not who: add -a USER",
        ),
        ("-m PLAIN host", "-m says how to log in, but not who"),
        (
            "host keyring",
            "keyring what? There are keyring store, forget",
        ),
        ("host keyring stroe", "did you mean store?"),
        ("-m EXTERNAL -w x host", "EXTERNAL has no password"),
        ("-m GSSAPI -w x host", "GSSAPI has no password"),
        (
            "-m PLAIN -a craig --server-name mail.example.com host",
            "--server-name goes with TLS",
        ),
        ("-a '' host", "-a is empty: leave it out, or give a value"),
        (
            "-a craig -u bob host+alice",
            "-u says \"bob\" and the target says \"alice\"",
        ),
        (
            "-a bob imap://craig@host",
            "-a says \"bob\" and the target says \"craig\"",
        ),
        (
            "imap://craig:secret@host",
            "a password does not belong in a URL",
        ),
        (
            "imaps://host+alice@example.com",
            "write \"+\" in the user name of a URL as %2B",
        ),
        ("imap://host/INBOX;UID=5", "names more than a mailbox"),
        ("imap://%zz@host", "is not well percent-encoded"),
        ("https://host", "\"https://host\" is no IMAP URL"),
        ("craig@host", "to log in as a user write -a USER HOST"),
        ("imap://", "names no host"),
        (":143", "names no host"),
        ("''", "names no host"),
        ("'a b'", "\"a b\" is no host name"),
        ("[::1", "is no host name"),
        ("host+", "ends in \"+\" without a name"),
        ("@", "is no profile name"),
        (
            "@nope",
            "there is no profile \"nope\" in config.toml; it has bare, prod, staging",
        ),
        (
            "host nonsense",
            "\"nonsense\" is no verb; the verbs are demo, exec, run, check, probe, view, compare, config",
        ),
        ("compare @a", "compare wants two targets"),
        ("compare @a @b INBOX", "names no message"),
        ("compare @a @b INBOX:7 x", "stands behind compare"),
        ("localhost run", "run wants files behind it"),
        ("localhost check a.imap", "check connects to nothing"),
        ("localhost exec NOOP --report r", "--report belongs to run"),
        ("localhost run a.imap --shard 3/2", "a shard is I/N"),
        (
            "localhost run a.imap --rerun-unfinished",
            "--rerun-unfinished belongs to --resume",
        ),
        ("localhost run - --each -", "stdin can be one thing"),
        ("check", "check wants files behind it"),
        ("view", "view wants files behind it"),
        (
            "localhost view x",
            "view shows files, not a server: leave the target out",
        ),
        ("exec --diff NOOP", "--diff belongs to view"),
        ("compare", "compare wants two targets"),
        ("completions bash", "completions: not in this version yet"),
        ("man", "man: not in this version yet"),
        ("--zzz", "unknown option --zzz; imapsh --help lists them"),
        (
            "--usernam x",
            "unknown option --usernam; did you mean --username?",
        ),
        ("-a", "needs a value"),
        ("-a x -a y host", "is given twice"),
        (
            "--color blue host",
            "\"blue\" is no value of --color: auto, always, never",
        ),
        ("--yes=2 host", "\"2\" is no value of --yes: true or false"),
        ("--raw host", "--raw belongs to exec and to -f"),
        ("--listen 127.0.0.1:1 host", "--listen belongs to demo"),
        ("--users 3 host", "--users belongs to demo"),
        (
            "demo --users 1000000",
            "--users \"1000000\": a number from 0 to 99999",
        ),
        ("demo --users -1", "unknown option -1"),
        ("demo --listen 0.0.0.0:1143", "so loopback only"),
        (
            "demo --listen 1143",
            "an address and a port, as in 127.0.0.1:1143",
        ),
        ("demo --listen 127.0.0.1:1 exec", "choose one"),
        (
            "demo --listen 127.0.0.1:1 -a craig",
            "demo --listen logs nobody in: -a belongs to the client",
        ),
        ("demo -s", "-s has no meaning there"),
        (
            "demo view",
            "demo view: only \"demo exec\" and \"demo run\" are known",
        ),
        ("localhost demo", "demo has its own server"),
        ("demo exec @prod", "demo has its own server"),
        ("localhost exec @prod NOOP", "\"@prod\" is a second target"),
        (
            "exec localhost NOOP",
            "a host stands before the verb: imapsh localhost exec ...",
        ),
        (
            "exec mail.example.com NOOP",
            "a host stands before the verb: imapsh mail.example.com exec ...",
        ),
        ("localhost exec ''", "command 1 of exec is empty"),
    ];
    for (line, wanted) in table {
        let said = match args::parse(words(line), []) {
            Err(Stop::Usage(sentence)) => sentence,
            Err(Stop::Say(text)) => panic!("{line}: {text}"),
            Ok(call) => match account(&call) {
                Err(error) => error.to_string(),
                Ok(_) => panic!("{line}: taken as {:?}", call.verb),
            },
        };
        assert!(
            said.contains(wanted),
            "{line}: {said:?} does not say {wanted:?}"
        );
        assert!(!said.contains('\n'), "{line}: one line, not {said:?}");
    }
}

#[test]
fn a_certificate_of_our_own_goes_with_every_kind_of_tls() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display();
    let table = [
        (format!("-s -t {path} host"), Security::Implicit, 993),
        (format!("-t {path} host"), Security::StartTls, 143),
        (format!("-t {path} imaps://host"), Security::Implicit, 993),
        (format!("-t {path} imap://host"), Security::StartTls, 143),
        (format!("-t {path} @prod"), Security::Implicit, 993),
        (format!("-t {path} @bare"), Security::StartTls, 143),
    ];
    for (line, security, port) in table {
        let plan = plan(&line);
        assert_eq!(plan.security, security, "{line}");
        assert_eq!(
            plan.trust.client_certificate.as_deref(),
            Some(file.path()),
            "{line}"
        );
        assert!(
            matches!(plan.place, Place::Tcp { port: p, .. } if p == port),
            "{line}"
        );
    }
}

/// As imtest's getaddrinfo takes them.
#[test]
fn a_port_may_be_named() {
    for (line, wanted) in [
        ("-s localhost:imaps", 993),
        ("localhost:IMAP", 143),
        ("-s [::1]:imaps", 993),
        ("-s -p imaps localhost", 993),
        ("-p imap localhost", 143),
    ] {
        let plan = plan(line);
        assert!(
            matches!(plan.place, Place::Tcp { port, .. } if port == wanted),
            "{line}: {:?}",
            plan.place
        );
    }
}

#[test]
fn no_target_and_no_default_profile_is_nowhere() {
    let call = read("-s -a craig");
    assert!(
        Account::new(&call.wishes, None, &Config::default())
            .unwrap()
            .is_none()
    );
}

#[test]
fn mailboxes_and_the_automatic_commands() {
    let account = |line: &str| {
        let call = read(line);
        Account::new(&call.wishes, call.target.as_ref(), &config())
            .unwrap()
            .unwrap()
    };
    assert_eq!(
        account("imap://host/Entw%C3%BCrfe%2F2025")
            .url_mailbox
            .as_deref(),
        Some("Entwürfe/2025")
    );
    assert_eq!(account("imap://host/").url_mailbox, None);
    assert_eq!(
        account("@staging").profile_mailbox.as_deref(),
        Some("INBOX")
    );
    assert!(account("host").auto);
    assert!(account("@prod").auto);
    assert!(!account("@staging").auto);
    assert!(!account("--no-auto host").auto);
}

#[test]
fn the_demo_knows_its_own_passwords() {
    let password = |user: &str| (user == "cyrus").then(|| "adminpass".to_owned());
    let login = |line: &str| {
        let account = Account::demo(&read(line).wishes, ("cyrus", "craig"), password).unwrap();
        assert_eq!(account.plan.place, Place::Demo);
        let who = account.plan.credentials;
        let secret = who.secret.map(|s| s.expose().to_owned());
        (
            who.authcid.unwrap_or_default(),
            who.authzid.unwrap_or_default(),
            secret.unwrap_or_default(),
        )
    };
    let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(login("demo"), three("cyrus", "craig", "adminpass"));
    assert_eq!(login("demo -u monty"), three("cyrus", "monty", "adminpass"));
    assert_eq!(login("demo -a other -w x"), three("other", "", "x"));
    assert_eq!(login("demo -a other"), three("other", "", ""));
}

#[test]
fn help_and_version_go_to_stdout() {
    for line in ["--help", "-h"] {
        let Err(Stop::Say(text)) = args::parse(words(line), []) else {
            panic!("{line}")
        };
        for wanted in [
            "imapsh [OPTIONS] [TARGET] [VERB ...]",
            "Exit codes:",
            "Examples:",
            "exec 'STATUS INBOX (MESSAGES UNSEEN)'",
            "--allow-plaintext",
            "--listen <ADDR>",
            "-t, --keyfile",
        ] {
            assert!(
                text.contains(wanted),
                "{line} does not say {wanted:?}:\n{text}"
            );
        }
        assert!(text.lines().all(|l| l.chars().count() <= 104), "{text}");
    }
    let Err(Stop::Say(text)) = args::parse(words("--version"), []) else {
        panic!()
    };
    assert_eq!(text, format!("imapsh {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn no_password_in_debug() {
    let call = read("-a craig -w hunter2 host");
    assert!(!format!("{call:?}").contains("hunter2"));
}

#[test]
fn a_ticket_needs_no_user_and_its_service_a_name_without_tls() {
    let plan = plan("-m gssapi -u craig --server-name mail.example.com localhost:1143");
    let who = &plan.credentials;
    assert_eq!(
        (who.authcid.as_deref(), who.authzid.as_deref()),
        (None, Some("craig"))
    );
    assert!(who.wants_login());
    assert_eq!(plan.trust.server_name.as_deref(), Some("mail.example.com"));
}
