//! The connect form: what it asks for, what it takes over, what it keeps.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use imapsh::channel::{LineSafety, Notice, Place, Plan, Request, Security};
use imapsh::config::keyring::Act;
use imapsh::config::password::{Found, From};
use imapsh::config::{Account, Config, remember};
use imapsh::safety::SafeMode;
use imapsh::sasl::Secret;
use imapsh::tui::errand::{Asked, Brought, Errand, Offers};
use imapsh::tui::lent::Lent;
use imapsh::tui::update::open_connect;
use imapsh::wire::CapabilitySet;

use crate::common::screen::{Screen, plan, tls};

fn form(columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::new(columns, rows);
    screen.state.options.lent = Lent {
        remember: |_, name, plan, from, safe| {
            assert_eq!(safe, SafeMode::Confirm);
            assert!(plan.credentials.authcid.is_some());
            assert_eq!(from, None);
            match name {
                "taken" => Err("there is a profile \"taken\" already".into()),
                _ => Ok(()),
            }
        },
        netrc: |host, user| match (host, user) {
            ("mail.example.com", None | Some("netrc-user")) => Ok(Found {
                authcid: Some("netrc-user".into()),
                secret: Secret::new("n3trc".into()),
                warning: Some("netrc: others may read it".into()),
            }),
            _ => Err("netrc has no login there".into()),
        },
        ..Lent::usual()
    };
    screen.state.options.config = Some("/home/x/config.toml".into());
    open_connect(&mut screen.state);
    screen
}

#[test]
fn a_filled_form_connects_and_is_remembered() {
    let mut screen = form(80, 24);
    screen.keys(
        "mail.example.com<tab><tab><right><tab><tab><tab>admin<tab>alice<tab>plain<tab>s3cret",
    );
    screen
        .shows("will send: STARTTLS, CAPABILITY, AUTHENTICATE PLAIN of admin, for alice")
        .shows("from a shell: imapsh -t \"\" -a admin -u alice -m plain mail.example.com")
        .shows("\"Act as\" is not \"Log in as\"")
        .hides("s3cret");
    screen.keys("<tab><right><enter>").shows("Profile:");
    assert!(screen.plans.is_empty());
    screen.keys("<tab><tab>taken<enter>").shows("already");
    assert!(screen.plans.is_empty());
    screen.keys("<c-u>prod<enter>");
    let plan = screen.plans.pop().expect("a connection");
    assert_eq!(plan.security, Security::StartTls);
    assert_eq!(plan.credentials.authzid.as_deref(), Some("alice"));
    assert_eq!(plan.credentials.mechanism.as_deref(), Some("plain"));
    assert_eq!(
        plan.credentials.secret.as_ref().map(Secret::expose),
        Some("s3cret")
    );
    screen.shows("Written to /home/x/config.toml: imapsh @prod opens it");
}

#[test]
fn a_pasted_command_line_fills_the_form_and_its_password_is_never_shown() {
    let mut screen = form(80, 24);
    screen.keys("<f3>").shows("Another tool's command line");
    screen
        .paste("make me a sandwich")
        .shows("no imtest, openssl s_client or curl");
    screen.keys("<c-u>");
    screen.paste("$ imtest -t \"\" -p 1143 -a cyrus -u craig -w s3cret \\\n   imap.example.com\n");
    screen
        .shows("imap.example.com")
        .shows("1143")
        .shows("cyrus")
        .shows("craig")
        .shows("The password in it was left out")
        .hides("s3cret");
    assert!(!format!("{:?}", screen.state).contains("s3cret"));
    screen.keys("<enter>");
    let plan = screen.plans.pop().expect("a connection");
    assert_eq!(plan.security, Security::StartTls);
    assert_eq!(plan.credentials.authcid.as_deref(), Some("cyrus"));
    assert_eq!(plan.credentials.authzid.as_deref(), Some("craig"));
    assert!(plan.credentials.secret.is_none());
    // Esc goes back to what was filled in.
    let mut screen = form(80, 24);
    screen.keys("host.example<c-x>i<esc>").shows("host.example");
    screen.keys("<f3>");
    screen.paste("curl -u craig:s3cret 'imaps://mail.example.com/INBOX'");
    screen
        .shows("mail.example.com")
        .hides("s3cret")
        .keys("<enter>");
    assert_eq!(screen.plans.len(), 1);
    assert_eq!(screen.state.options.mailbox.as_deref(), Some("INBOX"));
}

#[test]
fn beside_an_open_session_the_form_opens_another() {
    let mut screen = form(80, 24);
    screen
        .keys("<esc>")
        .log_in()
        .keys(":connect<enter>")
        .shows("Connect");
    screen.keys("<c-u>other.example<enter>");
    assert!(screen.plans.is_empty());
    let opening = screen.openings.pop().expect("a session of its own");
    assert_eq!(opening.plan.place.host(), "other.example");
}

#[test]
fn a_target_is_read_as_on_the_command_line() {
    let mut screen = form(80, 24);
    screen.keys("<esc>").connect(plan(), LineSafety::Plain);
    screen.keys(":connect imaps://craig@mail.example.com/Sent<enter>");
    let opening = screen.openings.pop().expect("a session of its own");
    assert_eq!(opening.mailbox.as_deref(), Some("Sent"));
    assert_eq!(opening.plan.credentials.authcid.as_deref(), Some("craig"));
    screen
        .keys(":connect craig@host<enter>")
        .shows("is no host");
    screen.keys(":connect http://x<enter>").shows("no IMAP URL");
    assert!(screen.openings.is_empty());
}

/// A directory of its own, gone with the test.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("imapsh").join("config.toml")
    }
}

fn tcp(secret: &str) -> Plan {
    let mut plan = Plan::new(Place::Tcp {
        host: "mail.example.com".into(),
        port: 1143,
    });
    plan.security = Security::StartTls;
    plan.credentials.authcid = Some("cy\"rus".into());
    plan.credentials.authzid = Some("craig".into());
    plan.credentials.secret = Some(Secret::new(secret.into()));
    plan
}

#[test]
fn a_profile_is_written_without_the_password_and_reads_back() {
    let home = Home::new();
    let plan = tcp("s3cret");
    remember::write(&home.file(), "one.two", &plan, None, SafeMode::Confirm).unwrap();
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.file()), 0o600);
    let text = fs::read_to_string(home.file()).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    assert!(
        Config::read(&home.file())
            .unwrap()
            .profile("one.two")
            .is_ok()
    );
    // What stands there stays, to the octet, and so does the file's mode.
    let kept = format!("# mine\n{text}# the end");
    fs::write(home.file(), &kept).unwrap();
    fs::set_permissions(home.file(), fs::Permissions::from_mode(0o640)).unwrap();
    remember::write(
        &home.file(),
        "two",
        &plan,
        Some("keyring"),
        SafeMode::ReadOnly,
    )
    .unwrap();
    assert!(fs::read_to_string(home.file()).unwrap().starts_with(&kept));
    let safe = |word: &str| Account::at(word, Some(&home.file())).unwrap().general.safe;
    assert_eq!(
        (safe("@one.two"), safe("@two")),
        (SafeMode::Confirm, SafeMode::ReadOnly)
    );
    assert_eq!(mode(&home.file()), 0o640);
    let config = Config::read(&home.file()).unwrap();
    assert!(config.profile("one.two").is_ok() && config.profile("two").is_ok());
    // The keyring is named only where it was chosen, and the password is in no file.
    let from = |word: &str| Account::at(word, Some(&home.file())).unwrap().password_from;
    assert_eq!(
        (from("@one.two"), from("@two")),
        (None, Some(From::Keyring))
    );
    // Nothing beside it is left over.
    assert_eq!(
        fs::read_dir(home.file().parent().unwrap()).unwrap().count(),
        1
    );
}

#[test]
fn what_cannot_be_kept_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let plan = tcp("s3cret");
    let refused = |name: &str, plan: &Plan| {
        let error = remember::write(&home.file(), name, plan, None, SafeMode::Confirm).unwrap_err();
        error.to_string()
    };
    assert!(refused("a b", &plan).contains("no profile name"));
    let mut odd = plan.clone();
    odd.trust.ca_files = vec!["/nowhere/a.pem".into()];
    assert!(refused("x", &odd).contains("Nothing was written"));
    odd.place = Place::Demo;
    assert!(refused("x", &odd).contains("cannot hold"));
    assert!(!home.file().exists());
    remember::write(&home.file(), "x", &plan, None, SafeMode::Confirm).unwrap();
    assert!(refused("x", &plan).contains("already"));
    fs::write(home.file(), "nonsense = \n").unwrap();
    assert!(refused("y", &plan).contains("config.toml:1:"));
    assert_eq!(fs::read_to_string(home.file()).unwrap(), "nonsense = \n");
}

#[test]
fn netrc_is_offered_and_taken_only_on_a_key() {
    let mut screen = form(80, 24);
    screen
        .keys("mail.example.com")
        .hides("netrc-user")
        .keys("<tab>")
        .shows("netrc has a password of netrc-user")
        .shows("F4 use it")
        .keys("<f4>")
        .shows("User and password are those of netrc. netrc: others may read it")
        .hides("n3trc")
        .keys("<enter>");
    let who = screen.plans.pop().expect("a connection").credentials;
    assert_eq!(who.authcid.as_deref(), Some("netrc-user"));
    assert_eq!(who.secret.as_ref().map(Secret::expose), Some("n3trc"));
    // What it found is not said of another server.
    let mut screen = form(80, 24);
    screen
        .keys("mail.example.com<tab>")
        .shows("F4 use it")
        .keys("<backtab>.elsewhere")
        .hides("F4 use it");
}

#[test]
fn the_mechanisms_of_the_server_are_shown_once_it_is_asked() {
    let mut screen = form(80, 24);
    screen.keys("mail.example.com<tab><tab><tab><tab><tab>admin");
    assert!(screen.errands.is_empty(), "nothing by itself");
    screen.keys("<f6>").shows("is asked what it offers");
    let Some(Errand::Offers(plan)) = screen.errands.pop() else {
        panic!("an errand")
    };
    assert!(plan.credentials.authcid.is_none(), "as nobody");
    let server = Asked {
        place: plan.place.clone(),
        security: plan.security,
    };
    let capabilities = ["AUTH=PLAIN", "AUTH=SCRAM-SHA-256", "LOGINDISABLED"];
    let offers = Offers {
        server,
        line: tls(),
        capabilities: CapabilitySet::new(capabilities.map(String::from)),
    };
    screen
        .shows("AUTHENTICATE <the best that fits>")
        .brought(Brought::Offers(Ok(offers)))
        .shows("server offers: PLAIN SCRAM-SHA-256")
        .shows("will send: CAPABILITY, AUTHENTICATE SCRAM-SHA-256 of admin");
    // Another line may offer something else.
    screen
        .keys("<backtab><backtab><backtab><right>")
        .hides("server offers");
    screen
        .brought(Brought::Offers(Err("The name does not resolve.".into())))
        .shows("The name does not resolve.");
}

/// After a connection the form knows, without asking.
#[test]
fn after_a_login_the_form_knows_what_was_offered_before_it() {
    let mut screen = form(80, 24);
    screen.keys("<esc>").connect(plan(), LineSafety::Plain);
    screen.server("* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=DIGEST-MD5 LOGINDISABLED\r\n");
    screen
        .keys(":connect<enter>")
        .shows("server offers: PLAIN DIGEST-MD5");
    // The choice is the one that will be made: PLAIN would give the password away on this line.
    screen
        .shows("will send: CAPABILITY, AUTHENTICATE DIGEST-MD5 of admin, for")
        .keys("<tab><tab><tab><tab><tab><tab><tab>cram-md5")
        .shows("will send: CAPABILITY; no login fits (see below)")
        .shows("The server does not offer AUTH=CRAM-MD5: nothing was tried.");
    screen
        .keys("<c-u>plain")
        .shows("PLAIN would send the secret over an unencrypted line");
}

#[test]
fn a_profile_whose_password_a_command_knows_is_not_asked_for_it() {
    let home = Home::new();
    let file = home.file();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text =
        "[profile.p]\nhost = \"h\"\nauthcid = \"craig\"\npassword_from = \"cmd:pass mail\"\n";
    fs::write(&file, text).unwrap();
    let mut screen = form(80, 24);
    screen.state.options.config = Some(file);
    screen
        .keys("<esc>")
        .connect(plan(), LineSafety::Plain)
        .keys(":connect @p<enter>");
    let opening = screen.openings.pop().expect("a session of its own");
    screen.state.password_from = opening.password_from;
    screen.state.connection_opened(opening.plan);
    let wanted = || Notice::PasswordWanted {
        authcid: "craig".into(),
        authzid: None,
    };
    screen
        .notice(wanted())
        .shows("A command is running for it (password_from)");
    let Some(Errand::Password {
        from,
        host,
        authcid,
    }) = screen.errands.pop()
    else {
        panic!("an errand")
    };
    assert_eq!(from, From::Command("pass mail".into()));
    assert_eq!((host.as_str(), authcid.as_str()), ("h", "craig"));
    screen.brought(Brought::Password(Ok(Secret::new("s3cret".into()))));
    assert!(matches!(
        screen.requests.pop(),
        Some(Request::Password(Some(secret))) if secret.expose() == "s3cret"
    ));
    // A wrong one is not fetched again and again: it is asked for.
    screen.notice(wanted()).hides("A command is running");
    assert!(screen.errands.is_empty());
}

#[test]
fn a_command_that_fails_says_why_and_the_password_can_be_typed() {
    let mut screen = form(80, 24);
    screen.keys("<esc>").connect(plan(), LineSafety::Plain);
    screen.state.password_from = Some(From::Command("false".into()));
    screen.notice(Notice::PasswordWanted {
        authcid: "admin".into(),
        authzid: None,
    });
    let before = screen.stopped_errands;
    screen
        .brought(Brought::Password(Err(
            "It failed and said: no agent.".into()
        )))
        .shows("It failed and said: no agent.")
        .shows("F7 runs the command with the terminal")
        .keys("<f7>");
    assert_eq!(screen.on_terminal, ["false"]);
    assert_eq!(screen.stopped_errands, before + 1, "none is left running");
    screen
        .brought(Brought::Password(Err("It failed again.".into())))
        .shows("It failed again.")
        .keys("typed<enter>");
    assert!(screen.stopped_errands > 0);
    assert!(matches!(
        screen.requests.pop(),
        Some(Request::Password(Some(secret))) if secret.expose() == "typed"
    ));
}

#[test]
fn the_keyring_verb_takes_the_password_of_this_login() {
    let mut screen = form(80, 24);
    screen.keys("<esc>").log_in();
    screen.keys(":keyring store<enter>").shows("is not here");
    let plan = screen.state.plan.as_mut().unwrap();
    plan.credentials.secret = Some(Secret::new("s3cret".into()));
    screen.keys(":keyring store<enter>").shows("may ask you");
    let Some(Errand::Keyring { act, slot, secret }) = screen.errands.pop() else {
        panic!("an errand")
    };
    assert_eq!(
        (act, slot.to_string().as_str()),
        (Act::Store, "admin@mail.example.com")
    );
    assert_eq!(secret.as_ref().map(Secret::expose), Some("s3cret"));
    screen.keys(":keyring forget<enter>");
    let Some(Errand::Keyring { act, secret, .. }) = screen.errands.pop() else {
        panic!("an errand")
    };
    assert!(act == Act::Forget && secret.is_none());
    // Enter on the bare verb does what changes nothing.
    screen.keys(":keyring<enter>");
    assert!(matches!(
        screen.errands.pop(),
        Some(Errand::Keyring {
            act: Act::Check,
            secret: None,
            ..
        })
    ));
    // What is to be kept is kept once the server has taken it, and not before.
    screen.state.keep = true;
    screen.notice(Notice::LoginFailed("NO".into()));
    assert!(screen.errands.is_empty());
    screen.state.plan.as_mut().unwrap().credentials.secret = Some(Secret::new("right".into()));
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: None,
        mechanism: "PLAIN".into(),
    });
    assert!(matches!(
        screen.errands.pop(),
        Some(Errand::Keyring { act: Act::Store, secret: Some(secret), .. }) if secret.expose() == "right"
    ));
}

/// A server that hangs in the login answers nothing to `*`: the key is seen to have done something.
#[test]
fn ctrl_c_in_a_login_that_hangs_says_what_it_did() {
    let mut screen = form(80, 24);
    screen.keys("<esc>").connect(plan(), LineSafety::Plain);
    screen.notice(Notice::Ready);
    screen.keys("a1 AUTHENTICATE PLAIN<c-j>");
    screen
        .keys("<c-c>")
        .shows("Cancelled, as soon as the server goes on")
        .keys("<c-c>")
        .shows("The server has not gone on since")
        .keys("<c-c>");
    assert!(matches!(screen.requests.last(), Some(Request::Close)));
}
