//! One row per option. The order is that of the help.

use std::net::IpAddr;

use super::{Kind, Setting};
use crate::channel::tls::{Pin, TlsVersion};
use crate::config::password::From;

const WHERE: &str = "Where";
const SAFE: &str = "How safely";
const WHO: &str = "As whom";
const PACE: &str = "How long";
const VERB: &str = "Of a verb";
const RUN: &str = "Of run";
const OTHER: &str = "Other";

const fn row(
    long: &'static str,
    short: Option<char>,
    key: Option<&'static str>,
    (kind, value): (Kind, &'static str),
    heading: &'static str,
    help: &'static str,
) -> Setting {
    Setting {
        long,
        short,
        key,
        kind,
        value,
        heading,
        help,
    }
}

const FLAG: (Kind, &str) = (Kind::Flag, "");
/// A day: no wait is longer.
const SECONDS: (Kind, &str) = (Kind::Number(1, 86_400), "SECONDS");
const SECONDS_OR_NEVER: (Kind, &str) = (Kind::Number(0, 86_400), "SECONDS");

/// Every option.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    row("port", Some('p'), Some("port"), (Kind::Port, "PORT"), WHERE,
        "Port [default: 143, with TLS from the first byte 993]"),
    row("haproxy-clientip", Some('H'), Some("haproxy_clientip"), (Kind::Checked(client), "IP"), WHERE,
        "Say with a PROXY header that the client is IP; \"unknown\": somebody; \"local\": the proxy itself"),
    row("haproxy-version", None, Some("haproxy_version"), (Kind::Choice(&["1", "2"]), "1|2"), WHERE,
        "The form of the PROXY header: 1 is text, 2 binary [default: 1; \"local\" is always 2]"),
    row("unix-socket", None, Some("unix_socket"), (Kind::Path, "FILE"), WHERE,
        "Connect to this unix socket, not to a host"),
    row("tunnel", None, Some("tunnel"), (Kind::Text, "COMMAND"), WHERE,
        "The connection is the stdin and stdout of this command: 'ssh host doveadm exec imap'"),
    row("protocol", Some('P'), None, (Kind::Checked(protocol), "imap"), WHERE,
        "Only imap: this is no pop3test"),

    row("require-tls", Some('s'), None, FLAG, SAFE,
        "TLS from the first byte (port 993); --tls is the same"),
    row("keyfile", Some('t'), None, (Kind::PathOrNone, "FILE|\"\""), SAFE,
        "STARTTLS or fail, with this client certificate and key (PEM; \"\" for none). With -s: the \
         certificate for TLS from the first byte"),
    row("security", None, Some("security"), (Kind::Choice(&["tls", "starttls", "none"]), "WHICH"), SAFE,
        "tls is -s, starttls is -t \"\", none is an unencrypted line"),
    row("ca", None, Some("ca"), (Kind::Path, "FILE"), SAFE,
        "Trust the certificates in this PEM file too"),
    row("pin", None, Some("pin"), (Kind::List(pin), "SHA256"), SAFE,
        "Trust the one certificate with this fingerprint (hexadecimal, as openssl prints it) and no other"),
    row("insecure", None, Some("insecure"), FLAG, SAFE,
        "Verify no certificate; said in red for the whole session"),
    row("server-name", None, Some("server_name"), (Kind::Text, "NAME"), SAFE,
        "The name asked for and looked for in the certificate, and in GSSAPI's service, if not the host"),
    row("cert", None, Some("client_certificate"), (Kind::Path, "FILE"), SAFE,
        "Client certificate (PEM), with its key or beside --key"),
    row("key", None, Some("client_key"), (Kind::Path, "FILE"), SAFE,
        "Key of the client certificate (PEM)"),
    row("tls-min", None, Some("tls_min"), (Kind::Checked(version), "VERSION"), SAFE,
        "No TLS older than this: 1.2 or 1.3"),
    row("tls-max", None, Some("tls_max"), (Kind::Checked(version), "VERSION"), SAFE,
        "No TLS newer than this: 1.2 or 1.3"),
    row("key-log", None, Some("key_log"), (Kind::Path, "FILE"), SAFE,
        "Append the secrets of each TLS session to FILE, for Wireshark: who has them can read the session"),

    row("authname", Some('a'), Some("authcid"), (Kind::Text, "USER"), WHO,
        "Who logs in (authcid): the password is this user's. Without it nobody is logged in, but \
         for -m EXTERNAL and -m GSSAPI"),
    row("username", Some('u'), Some("authzid"), (Kind::Text, "USER"), WHO,
        "Whom to act as (authzid), if not the one who logs in"),
    row("password", Some('w'), None, (Kind::Secret, "PASSWORD"), WHO,
        "The password. Others see it in ps: without -w imapsh asks for it"),
    row("password-from", None, Some("password_from"), (Kind::Checked(password_from), "SOURCE"), WHO,
        "Take the password from env:VAR, file:FILE, cmd:COMMAND, netrc or keyring"),
    row("forget", None, Some("forget"), FLAG, WHO,
        "Keep no password after the login: the next login asks again"),
    row("mechanism", Some('m'), Some("mechanism"), (Kind::Text, "MECH"), WHO,
        "Use this mechanism and no other; \"login\" is the LOGIN command, AUTH=LOGIN is SASL's"),
    row("realm", Some('r'), Some("realm"), (Kind::Text, "REALM"), WHO,
        "The realm, for -m DIGEST-MD5"),
    row("minssf", Some('k'), Some("minssf"), (Kind::Number(0, 65_535), "BITS"), WHO,
        "The least strength of the line that a login needs; TLS counts with the bits of its cipher"),
    row("maxssf", Some('l'), Some("maxssf"), (Kind::Number(0, 65_535), "BITS"), WHO,
        "The most strength of a SASL security layer; imapsh has none, so any number will do that is not \
         below -k"),
    row("sasl-option", Some('o'), None, (Kind::List(sasl_option), "NAME=VALUE"), WHO,
        "An option of the SASL library: client_mech_list=MECH is -m MECH; others are refused"),
    row("do-challenge", Some('c'), None, FLAG, WHO,
        "Refused: imtest asks for a one-time password then, and there is no OTP here"),
    row("no-initial-response", Some('i'), Some("no_initial_response"), FLAG, WHO,
        "Send no initial response with AUTHENTICATE, also where the server takes one"),
    row("channel-binding", None, Some("channel_binding"),
        (Kind::Choice(&["on-request", "require", "tls-exporter", "tls-server-end-point"]), "HOW"), WHO,
        "require: a -PLUS mechanism or no login; or bound in this one way [default: on-request, by -m]"),
    row("allow-plaintext", None, Some("allow_plaintext"), FLAG, WHO,
        "Send a password over an unencrypted line, to a host that is not this one"),

    row("require-compression", Some('q'), Some("require_compression"), FLAG, OTHER,
        "COMPRESS=DEFLATE after the login, or fail"),
    row("mailbox", None, Some("mailbox"), (Kind::Text, "MAILBOX"), OTHER,
        "Open this mailbox after login, with EXAMINE"),
    row("no-auto", None, Some("auto"), (Kind::Not, ""), OTHER,
        "Ask for no NAMESPACE, LIST or LSUB after login (only the full screen ever does)"),
    row("verbose", Some('v'), Some("verbose"), FLAG, OTHER,
        "Without a screen: say on stderr how the connection is opened, and what TLS came to"),
    row("pidfile", Some('I'), None, (Kind::Path, "FILE"), OTHER,
        "The process id stands in FILE while imapsh runs"),
    row("config", None, None, (Kind::PathOrNone, "FILE"), OTHER,
        "Read this config file; \"\" for none"),
    row("color", None, Some("color"), (Kind::Choice(&["auto", "always", "never"]), "WHEN"), OTHER,
        "Colours: auto, always or never (NO_COLOR is obeyed)"),
    row("ascii", None, Some("ascii"), FLAG, OTHER,
        "Draw boxes with ASCII"),
    row("theme", None, Some("theme"), (Kind::Choice(&["default", "dark", "light", "high-contrast"]), "NAME"), OTHER,
        "Colours of the full screen: the terminal's sixteen, or made for a dark or a light ground [default: default]"),
    row("editing", None, Some("editing"), (Kind::Choice(&["emacs", "vi"]), "emacs|vi"), OTHER,
        "Keys of the command editor [default: emacs]"),
    row("mouse", None, Some("mouse"), FLAG, OTHER,
        "The full screen takes the mouse: click and scroll; the terminal selects text with Shift held"),
    row("plain", None, Some("plain"), FLAG, OTHER,
        "A line at a time instead of the full screen: for screen readers, TERM=dumb and pipes"),
    row("safe", None, Some("safe"), (Kind::Choice(&["readonly", "confirm", "off"]), "MODE"), OTHER,
        "Safe mode: readonly sends nothing that writes, confirm asks before what destroys [default: confirm]"),
    row("private", None, Some("private"), FLAG, OTHER,
        "Write nothing to the history of commands"),
    row("history-size", None, Some("history_size"), (Kind::Number(0, 1_000_000), "N"), OTHER,
        "Most commands that the history keeps; 0: none [default: 5000]"),
    row("transcript-limit", None, Some("transcript_limit"), (Kind::Number(1, 16_777_216), "MIB"), OTHER,
        "Of each session's transcript keep so many MiB on disk, in $TMPDIR or /var/tmp; then the oldest lines \
         go [default: 4096]"),
    row("yes", None, None, FLAG, OTHER,
        "Without a screen: what safe mode would ask about goes; nothing lifts --safe readonly"),

    row("connect-timeout", None, Some("connect_timeout"), SECONDS, PACE,
        "For each address tried [default: 10]"),
    row("greeting-timeout", None, Some("greeting_timeout"), SECONDS, PACE,
        "For the TLS handshake, and for the greeting [default: 30]"),
    row("answer-timeout", None, Some("answer_timeout"), SECONDS_OR_NEVER, PACE,
        "How long the server may be silent while a command waits; 0: for ever [default: 900]"),
    row("keepalive", None, Some("keepalive"), SECONDS_OR_NEVER, PACE,
        "After so long a silence NOOP is sent or IDLE renewed; 0: never [default: 1680]"),

    row("input-filename", Some('f'), None, (Kind::Path, "FILE"), VERB,
        "Send the commands in FILE after login, each waited for; then LOGOUT"),
    row("run-stress-test", Some('z'), None, FLAG, VERB,
        "Time APPEND, FETCH and so on, in a mailbox of its own"),
    row("reauth-attempts", Some('n'), None, (Kind::Number(1, 100_000), "N"), VERB,
        "Connect and log in N times: full and resumed TLS handshakes, with times"),
    row("output-socket", Some('x'), None, (Kind::Path, "SOCKET"), VERB,
        "Serve the session, logged in, on a unix socket, to one program after another"),
    row("detached-socket", Some('X'), None, (Kind::Path, "SOCKET"), VERB,
        "The same in the background"),
    row("raw", None, None, FLAG, VERB,
        "exec, -f: print the server's bytes alone"),
    row("record", None, Some("record"), (Kind::Path, "FILE"), OTHER,
        "Write a trace of all that passes to FILE, passwords masked; %Y%m%d-%H%M%S in it: the time"),
    row("define", Some('D'), None, (Kind::List(definition), "NAME=VALUE"), RUN,
        "Set a variable of the snippet; it wins over a row, the snippet and the profile"),
    row("each", None, None, (Kind::Path, "FILE"), RUN,
        "Once for every row of this CSV file, whose first line names the columns; - is stdin"),
    row("jobs", None, None, (Kind::Number(1, 1000), "N"), RUN,
        "Rows at once [default: what the snippet says, or 8]"),
    row("dry-run", None, None, FLAG, RUN,
        "Connect to nothing: say what would be sent, for which rows"),
    row("trust", None, None, FLAG, RUN,
        "Let the snippet have what it asks for: secrets from env, cmd or keyring, files outside its folder"),
    row("dialect", None, None, (Kind::Choice(&["imapsh", "imaptest"]), "WHICH"), RUN,
        "How it is written (check has it, too): imapsh, or imaptest [default: imaptest for a file without an ending beside an mbox]"),
    row("allow-destructive", None, None, FLAG, RUN,
        "imaptest's files: let them delete every mailbox whose name begins with the test mailbox's"),
    row("only", None, None, (Kind::List(any), "VALUE"), RUN,
        "Only rows with this value"),
    row("skip", None, None, (Kind::List(any), "NAME"), RUN,
        "Not this file, and no row with this value"),
    row("shard", None, None, (Kind::Text, "I/N"), RUN,
        "Only every N-th row, from row I, counted from 1: a run spread over N machines"),
    row("report", None, None, (Kind::Path, "FILE"), RUN,
        "Write JSON lines, each at once: what began, what was sent, how it ended"),
    row("resume", None, None, (Kind::Path, "FILE"), RUN,
        "Go on with the run of this report: rows that ended are not run again"),
    row("rerun-unfinished", None, None, FLAG, RUN,
        "--resume: run those again that began and did not end"),
    row("undo", None, None, (Kind::Path, "FILE"), RUN,
        "Write a snippet that takes back what was done; FILE.part while the run goes on"),
    row("undo-on-failure", None, None, FLAG, RUN,
        "Take back at once what a row that fails has done"),
    row("junit", None, None, (Kind::Path, "FILE"), RUN,
        "Write JUnit XML, a case per row"),
    row("json", None, None, FLAG, RUN,
        "What the report has, on stdout"),

    row("diff", None, None, FLAG, VERB,
        "view: compare the two sessions that the files hold; exit code 4 if they differ"),
    row("listen", None, None, (Kind::Text, "ADDR"), VERB,
        "demo: serve on this address, loopback only (127.0.0.1:1143)"),
    row("users", None, None, (Kind::Number(0, 99_999), "N"), VERB,
        "demo: accounts u00001 to N more"),
];

fn definition(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some((name, _)) if is_name(name) => Ok(()),
        Some((name, _)) => Err(format!("{name:?} is no name of a variable")),
        None => Err(format!("{text:?}: NAME=VALUE")),
    }
}

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(inner)
}

fn any(_: &str) -> Result<(), String> {
    Ok(())
}

fn pin(text: &str) -> Result<(), String> {
    text.parse::<Pin>()
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn version(text: &str) -> Result<(), String> {
    text.parse::<TlsVersion>()
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn client(text: &str) -> Result<(), String> {
    match text.parse::<IpAddr>() {
        Err(_) if text != "unknown" && text != "local" => Err(format!(
            "{text:?} is no IP address; \"unknown\" and \"local\" are the other values"
        )),
        _ => Ok(()),
    }
}

fn protocol(text: &str) -> Result<(), String> {
    match text {
        "imap" => Ok(()),
        other => Err(format!(
            "{other:?}: IMAP is the only protocol here (-P imap)"
        )),
    }
}

fn password_from(text: &str) -> Result<(), String> {
    From::parse(text).map(|_| ())
}

/// imtest hands these to the SASL library of Cyrus, which reads this one in a client.
fn sasl_option(text: &str) -> Result<(), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, "1"));
    match name {
        "client_mech_list" if value.split_whitespace().count() == 1 => Ok(()),
        "client_mech_list" => {
            Err("client_mech_list names one mechanism here (as -m does)".to_owned())
        }
        _ => Err(format!(
            "{name:?} is an option of Cyrus' SASL library, which imapsh does not use; here there is \
             client_mech_list=MECH"
        )),
    }
}
