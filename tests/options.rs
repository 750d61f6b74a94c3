//! Every option: as a flag short and long, as a variable, as a key; which of them counts; where a
//! password comes from; what is refused.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use imapsh::args::{self, ConfigVerb, Stop, Verb};
use imapsh::channel::{Place, Plan, ProxyClient, ProxyVersion, Security};
use imapsh::config::password::{self, From as Source};
use imapsh::config::settings::{Kind, SETTINGS, Setting};
use imapsh::config::{Account, Config, near, report};
use imapsh::runner::Mode;
use imapsh::sasl::ChannelBinding;

/// Words at spaces; `~` in a word stands for a space, `''` for an empty word.
fn words(line: &str) -> Vec<OsString> {
    let words = line.split_whitespace().map(|word| match word {
        "''" => OsString::new(),
        word => word.replace('~', " ").into(),
    });
    std::iter::once("imapsh".into()).chain(words).collect()
}

fn variables(all: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let pairs = all.iter().map(|(name, value)| (name.into(), value.into()));
    pairs.collect()
}

const FILE: &str = r#"
[defaults]
port = 1
realm = "file"
connect_timeout = 3
[profile.prod]
host = "mail.example.com"
port = 2
authcid = "profile"
mechanism = "DIGEST-MD5"
"#;

fn file() -> Config {
    Config::parse(FILE, Path::new("/home/craig/config.toml")).unwrap()
}

fn plan_of(line: &str, environment: &[(&str, &str)], config: &Config) -> Result<Plan, String> {
    let call = args::parse(words(line), variables(environment)).map_err(|stop| stop.to_string())?;
    let account = Account::new(&call.wishes, call.target.as_ref(), config);
    let account = account.map_err(|error| error.to_string())?;
    Ok(account.ok_or("nowhere")?.plan)
}

fn plan(line: &str) -> Plan {
    plan_of(line, &[], &Config::default()).unwrap_or_else(|why| panic!("{line}: {why}"))
}

fn refused(line: &str) -> String {
    match plan_of(line, &[], &Config::default()) {
        Err(why) => why,
        Ok(plan) => panic!("{line}: taken as {plan:?}"),
    }
}

/// imtest's letters and its long names, from its source and its manual.
const IMTEST: &[(char, &str)] = &[
    ('H', "haproxy-clientip"),
    ('I', "pidfile"),
    ('P', "protocol"),
    ('X', "detached-socket"),
    ('a', "authname"),
    ('c', "do-challenge"),
    ('f', "input-filename"),
    ('i', "no-initial-response"),
    ('k', "minssf"),
    ('l', "maxssf"),
    ('m', "mechanism"),
    ('n', "reauth-attempts"),
    ('o', "sasl-option"),
    ('p', "port"),
    ('q', "require-compression"),
    ('r', "realm"),
    ('s', "require-tls"),
    ('t', "keyfile"),
    ('u', "username"),
    ('v', "verbose"),
    ('w', "password"),
    ('x', "output-socket"),
    ('z', "run-stress-test"),
];

/// A value that the option takes.
fn sample(setting: &Setting) -> &'static str {
    match (setting.kind, setting.long) {
        (_, "haproxy-clientip") => "192.0.2.7",
        (_, "protocol") => "imap",
        (_, "sasl-option") => "client_mech_list=PLAIN",
        (_, "password-from") => "env:X",
        (_, "pin") => "c79abc3d556e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708",
        (_, "tls-min" | "tls-max") => "1.3",
        (_, "listen") => "127.0.0.1:1143",
        (_, "define") => "mailbox=x",
        (Kind::Flag | Kind::Not, _) => "true",
        (Kind::Number(0, _), _) => "0",
        (Kind::Number(..) | Kind::Port, _) => "7",
        (Kind::Choice(good), _) => good[good.len() - 1],
        _ => "x",
    }
}

#[test]
fn every_flag_of_imtest_is_here_short_and_long() {
    // -D is no letter of imtest's: it belongs to `run`.
    let ours: BTreeSet<(char, &str)> = (SETTINGS.iter())
        .filter_map(|setting| Some((setting.short?, setting.long)))
        .filter(|(letter, _)| *letter != 'D')
        .collect();
    assert_eq!(ours, IMTEST.iter().copied().collect());
    let read = |words: &[String]| {
        let words = words.iter().map(OsString::from);
        let call = args::parse(std::iter::once("imapsh".into()).chain(words), []);
        let call = call.unwrap_or_else(|stop| panic!("{stop}"));
        let layer = call.wishes.command_line;
        let mut said: Vec<String> = layer
            .iter()
            .map(|(long, (v, _))| format!("{long} {v}"))
            .collect();
        said.sort();
        said
    };
    for (letter, long) in IMTEST {
        let setting = Setting::long(long).unwrap();
        let host = "localhost".to_owned();
        let (short, whole) = match setting.kind {
            Kind::Flag => (
                vec![format!("-{letter}"), host.clone()],
                vec![format!("--{long}"), host],
            ),
            _ => {
                let value = sample(setting).to_owned();
                (
                    vec![format!("-{letter}"), value.clone(), host.clone()],
                    vec![format!("--{long}={value}"), host],
                )
            }
        };
        let said = read(&short);
        assert_eq!(said, read(&whole), "-{letter}");
        assert_eq!(said.len(), 1, "-{letter}");
        assert!(said[0].starts_with(long), "-{letter}");
    }
}

#[test]
fn every_option_is_a_variable_and_those_of_a_connection_are_keys() {
    for setting in SETTINGS {
        let name = setting.variable();
        assert_eq!(
            name,
            format!("IMAPSH_{}", setting.long.replace('-', "_").to_uppercase())
        );
        let layer =
            imapsh::config::settings::Layer::environment(variables(&[(&name, sample(setting))]));
        assert!(layer.unwrap().has(setting.long), "{name}");
        let Some(key) = setting.key else {
            continue;
        };
        let value = match setting.kind {
            Kind::Flag | Kind::Not | Kind::Number(..) | Kind::Port => sample(setting).to_owned(),
            _ => format!("{:?}", sample(setting)),
        };
        let text = format!("[defaults]\n{key} = {value}\n");
        let config = Config::parse(&text, Path::new("c.toml"));
        assert!(
            config
                .unwrap_or_else(|e| panic!("{e}"))
                .defaults
                .has(setting.long),
            "{key}"
        );
    }
}

#[test]
fn the_command_line_counts_first_then_the_environment_the_profile_the_file_the_default() {
    let port = |line: &str, environment: &[(&str, &str)]| match plan_of(line, environment, &file())
        .unwrap()
        .place
    {
        Place::Tcp { port, .. } => port,
        place => panic!("{place}"),
    };
    let environment = [("IMAPSH_PORT", "3")];
    assert_eq!(port("-p 4 @prod", &environment), 4);
    assert_eq!(port("@prod", &environment), 3);
    assert_eq!(
        port("@prod", &[("IMAPSH_PORT", "")]),
        2,
        "an empty variable says nothing"
    );
    assert_eq!(port("@prod", &[]), 2);
    assert_eq!(port("localhost", &[]), 1);
    assert_eq!(port("localhost:5", &environment), 5);
    assert_eq!(
        match plan("localhost").place {
            Place::Tcp { port, .. } => port,
            place => panic!("{place}"),
        },
        143
    );
    let who = |line: &str, environment: &[(&str, &str)]| {
        plan_of(line, environment, &file())
            .unwrap()
            .credentials
            .authcid
    };
    let environment = [("IMAPSH_AUTHNAME", "environment")];
    assert_eq!(who("-a me @prod", &environment).as_deref(), Some("me"));
    assert_eq!(who("@prod", &environment).as_deref(), Some("environment"));
    assert_eq!(who("@prod", &[]).as_deref(), Some("profile"));
    assert_eq!(who("imap://url@host", &environment).as_deref(), Some("url"));
    let limits = plan_of("@prod", &[], &file()).unwrap().limits;
    assert_eq!(limits.connect, Duration::from_secs(3));
    assert_eq!(limits.greeting, Duration::from_secs(30));
}

#[test]
fn a_switch_is_turned_off_again() {
    let environment = [("IMAPSH_INSECURE", "yes"), ("IMAPSH_REQUIRE_TLS", "1")];
    let tls = |line: &str| plan_of(line, &environment, &Config::default()).unwrap();
    assert!(tls("localhost").trust.insecure);
    assert_eq!(tls("localhost").security, Security::Implicit);
    assert!(!tls("--insecure=false localhost").trust.insecure);
    let call = args::parse(words("--no-auto=false localhost"), []).unwrap();
    let config = Config::parse("[defaults]\nauto = false", Path::new("c")).unwrap();
    let account = Account::new(&call.wishes, call.target.as_ref(), &config);
    assert!(account.unwrap().unwrap().auto);
}

#[test]
fn how_safe_the_line_is() {
    let environment = [("IMAPSH_SECURITY", "tls")];
    let of = |line: &str| {
        plan_of(line, &environment, &Config::default())
            .unwrap()
            .security
    };
    assert_eq!(of("localhost"), Security::Implicit);
    assert_eq!(
        of("imap://localhost"),
        Security::Plain,
        "the URL says: without"
    );
    assert_eq!(of("-t '' localhost"), Security::StartTls);
    assert_eq!(of("--security none localhost"), Security::Plain);
    assert_eq!(plan("--tls localhost").security, Security::Implicit);
    assert_eq!(plan("--unix-socket /x").security, Security::Plain);
    let starttls = [("IMAPSH_SECURITY", "starttls")];
    let plan = plan_of("imap://localhost", &starttls, &Config::default()).unwrap();
    assert_eq!(plan.security, Security::StartTls);
}

#[test]
fn trust_is_what_the_strongest_place_says() {
    let pem = tempfile::NamedTempFile::new().unwrap();
    let pem = pem.path().to_str().unwrap();
    let pin = sample(Setting::long("pin").unwrap());
    let insecure = [("IMAPSH_INSECURE", "1")];
    let with_ca = plan_of(
        &format!("-s --ca {pem} localhost"),
        &insecure,
        &Config::default(),
    );
    let trust = with_ca.unwrap().trust;
    assert!(!trust.insecure, "--ca on the command line is stronger");
    assert_eq!(trust.ca_files, [PathBuf::from(pem)]);
    let trust = plan(&format!("-s --pin {pin} --pin sha256:{pin} localhost")).trust;
    assert_eq!(trust.pins.len(), 2);
    let trust =
        plan("-s --server-name imap.example.com --tls-min 1.2 --tls-max TLSv1.2 localhost").trust;
    assert_eq!(trust.server_name.as_deref(), Some("imap.example.com"));
    assert_eq!(
        (trust.min_version, trust.max_version),
        ("1.2".parse().ok(), "1.2".parse().ok())
    );
    let trust = plan(&format!(
        "-s --cert {pem} --key {pem} --key-log /tmp/k localhost"
    ))
    .trust;
    assert_eq!(trust.client_certificate, trust.client_key);
    assert_eq!(trust.key_log, Some(PathBuf::from("/tmp/k")));
    assert_eq!(trust.client_certificate, Some(PathBuf::from(pem)));
}

#[test]
fn ways_to_a_server() {
    assert_eq!(
        plan("--unix-socket /run/imap").place,
        Place::Unix("/run/imap".into())
    );
    let tunnel = |host: &str| Place::Tunnel {
        command: "ssh mail".to_owned(),
        host: host.to_owned(),
    };
    assert_eq!(plan("--tunnel ssh~mail").place, tunnel("localhost"));
    assert_eq!(
        plan("--tunnel ssh~mail mail.example.com").place,
        tunnel("mail.example.com")
    );
    let proxy = |line: &str| plan(line).network.proxy.expect(line);
    assert_eq!(proxy("-H unknown localhost").client, ProxyClient::Unknown);
    assert_eq!(proxy("-H local localhost").client, ProxyClient::Local);
    let header = proxy("-H 2001:db8::7 --haproxy-version 2 localhost");
    assert_eq!(
        header.client,
        ProxyClient::Address("2001:db8::7".parse().unwrap())
    );
    assert_eq!(header.version, ProxyVersion::V2);
}

#[test]
fn how_to_log_in() {
    let who = plan("-a craig -m digest-md5 -r example.com -i -k 56 -l 256 localhost").credentials;
    assert_eq!(who.realm.as_deref(), Some("example.com"));
    assert!(who.no_initial_response);
    assert_eq!((who.min_ssf, who.max_ssf), (56, Some(256)));
    let who = plan("-a craig -o client_mech_list=PLAIN localhost").credentials;
    assert_eq!(who.mechanism.as_deref(), Some("PLAIN"));
    for (how, wanted) in [
        ("require", ChannelBinding::Require),
        ("tls-exporter", ChannelBinding::Exporter),
        ("tls-server-end-point", ChannelBinding::EndPoint),
        ("on-request", ChannelBinding::OnRequest),
    ] {
        let who = plan(&format!("-a craig --channel-binding {how} localhost")).credentials;
        assert_eq!(who.channel_binding, wanted);
    }
    let who = plan("-a craig -w -secret localhost").credentials;
    assert_eq!(
        who.secret.unwrap().expose(),
        "-secret",
        "a password may begin with a hyphen"
    );
    let waiting = plan_of("-m PLAIN @prod", &[], &file()).unwrap();
    assert_eq!(
        waiting.credentials.realm, None,
        "the file's realm is for DIGEST-MD5"
    );
}

#[test]
fn what_to_do() {
    let verb = |line: &str| args::parse(words(line), []).unwrap().verb;
    let mode = |mode| Verb::Mode(mode);
    let file = PathBuf::from("x");
    assert_eq!(verb("localhost probe"), mode(Mode::Probe));
    assert_eq!(verb("probe @prod"), mode(Mode::Probe));
    assert_eq!(verb("probe localhost"), mode(Mode::Probe));
    assert_eq!(
        verb("-f x localhost"),
        mode(Mode::Script {
            file: file.clone(),
            raw: false
        })
    );
    assert_eq!(
        verb("-f x --raw localhost"),
        mode(Mode::Script {
            file: file.clone(),
            raw: true
        })
    );
    assert_eq!(verb("-z localhost"), mode(Mode::Stress));
    assert_eq!(verb("-n 5 localhost"), mode(Mode::Reconnect { times: 5 }));
    let socket = file;
    assert_eq!(
        verb("-x x localhost"),
        mode(Mode::Serve {
            socket: socket.clone(),
            detach: false
        })
    );
    assert_eq!(
        verb("-X x localhost"),
        mode(Mode::Serve {
            socket,
            detach: true
        })
    );
    assert_eq!(verb("config path"), Verb::Config(ConfigVerb::Path));
    assert_eq!(verb("config check"), Verb::Config(ConfigVerb::Check));
    assert_eq!(verb("config show @prod"), Verb::Config(ConfigVerb::Show));
    assert_eq!(
        verb("config show localhost"),
        Verb::Config(ConfigVerb::Show)
    );
    let call = args::parse(words("-I pid localhost"), []).unwrap();
    assert_eq!(call.pidfile, Some(PathBuf::from("pid")));
}

#[test]
fn what_cannot_be_is_one_sentence_with_the_reason() {
    let table = [
        (
            "-P pop3 localhost",
            "-P: \"pop3\": IMAP is the only protocol here",
        ),
        ("-c -a craig localhost", "imapsh has no OTP"),
        (
            "-o auto_transition=1 localhost",
            "an option of Cyrus' SASL library",
        ),
        (
            "-o client_mech_list=A~B localhost",
            "names one mechanism here",
        ),
        (
            "-a craig -m PLAIN -o client_mech_list=LOGIN localhost",
            "-m says \"PLAIN\"",
        ),
        (
            "-a craig -r x localhost",
            "only DIGEST-MD5 has a realm; add -m DIGEST-MD5",
        ),
        (
            "-a craig -m PLAIN -r x localhost",
            "only DIGEST-MD5 has a realm",
        ),
        ("-a craig -k 256 -l 128 localhost", "-k 256 is above -l 128"),
        ("-k -1 localhost", "unknown option -1"),
        ("-k many localhost", "-k \"many\": a number from 0 to 65535"),
        ("-n 0 localhost", "-n \"0\": a number from 1 to 100000"),
        ("-H nobody localhost", "-H: \"nobody\" is no IP address"),
        (
            "-H 192.0.2.1 --unix-socket /x",
            "has no addresses, so -H IP has no meaning",
        ),
        (
            "--haproxy-version 2 localhost",
            "--haproxy-version says nothing without -H IP",
        ),
        (
            "--haproxy-version 3 localhost",
            "\"3\" is no value of --haproxy-version: 1, 2",
        ),
        (
            "-f a -z localhost",
            "-f and -z are two things to do: choose one",
        ),
        ("-x a -X b localhost", "-x and -X are two things to do"),
        ("-f a localhost exec", "-f and exec are two things to do"),
        ("-z localhost probe", "-z and probe are two things to do"),
        ("-z demo", "-z wants a server that listens"),
        ("localhost probe NOOP", "probe, which takes no commands"),
        (
            "config shwo",
            "there are config path, check, show and keys; did you mean show?",
        ),
        ("--pin 12 -s localhost", "--pin: these are 2 digits"),
        (
            "--tls-min 1.1 -s localhost",
            "--tls-min: \"1.1\" is no version of TLS",
        ),
        (
            "--tls-min 1.3 --tls-max 1.2 -s localhost",
            "no version is left",
        ),
        (
            "--key Cargo.toml -s localhost",
            "--key says nothing without --cert",
        ),
        (
            "--cert Cargo.toml -t Cargo.toml localhost",
            "-t FILE is the certificate and its key",
        ),
        ("-s --cert src localhost", "--cert \"src\": is a directory"),
        (
            "-a x --server-name x localhost",
            "--server-name goes with TLS: add -s",
        ),
        (
            "--security none -s localhost",
            "--security none and -s contradict each other",
        ),
        (
            "--security tls -t '' localhost",
            "--security tls and -t \"\" contradict each other",
        ),
        (
            "--security tls imap://localhost",
            "--security tls and imap:// contradict each other",
        ),
        (
            "--security ssl localhost",
            "\"ssl\" is no value of --security: tls, starttls, none",
        ),
        (
            "--unix-socket /x localhost",
            "--unix-socket and the target both say where",
        ),
        (
            "--unix-socket /x --tunnel y",
            "--unix-socket and --tunnel both say where",
        ),
        ("--tunnel y -p 5", "--tunnel and a port both say where"),
        (
            "-a x -w y --password-from netrc localhost",
            "-w is the password itself",
        ),
        (
            "--password-from env:X localhost",
            "--password-from says how to log in, but not who",
        ),
        (
            "-a x --password-from hunter2 localhost",
            "no source of a password; there are env:VAR",
        ),
        (
            "-a x --password-from env: localhost",
            "ends where the source must stand",
        ),
        (
            "--connect-timeout 0 localhost",
            "--connect-timeout \"0\": a number from 1 to 86400",
        ),
        (
            "--reqire-tls localhost",
            "unknown option --reqire-tls; did you mean --require-tls?",
        ),
        (
            "--mech PLAIN localhost",
            "unknown option --mech; did you mean --mechanism?",
        ),
        (
            "-Z localhost",
            "unknown option -Z; imapsh --help lists them",
        ),
        (
            "localhost exce NOOP",
            "\"exce\" is no verb; the verbs are demo, exec, run, check, probe, view, compare, config, keyring (see imapsh --help); did you mean exec?",
        ),
        (
            "--mailbox A imap://localhost/B",
            "--mailbox says \"A\" and the target says \"B\"",
        ),
    ];
    for (line, wanted) in table {
        let said = refused(line);
        assert!(
            said.contains(wanted),
            "{line}: {said:?} does not say {wanted:?}"
        );
        assert!(!said.contains('\n'), "{line}: {said}");
        assert!(!said.contains("hunter2"), "{line}: {said}");
    }
}

#[test]
fn a_slip_in_a_variable_is_told_and_others_are_left_alone() {
    let read =
        |name: &str, value: &str| args::parse(words("localhost"), variables(&[(name, value)]));
    let Err(Stop::Usage(said)) = read("IMAPSH_USERNAM", "x") else {
        panic!()
    };
    assert_eq!(
        said,
        "the environment variable IMAPSH_USERNAM is no option; did you mean IMAPSH_USERNAME?"
    );
    let Err(Stop::Usage(said)) = read("IMAPSH_PORT", "0") else {
        panic!()
    };
    assert!(said.starts_with("IMAPSH_PORT: \"0\" is no port"), "{said}");
    read("IMAPSH_FUZZ_ROUNDS", "5").unwrap();
    read("OTHER", "5").unwrap();
}

#[test]
fn near_words() {
    let words = ["mechanism", "port", "authzid", "authcid"];
    assert_eq!(near::nearest("mechansim", words), Some("mechanism"));
    assert_eq!(near::nearest("prot", words), Some("port"));
    assert_eq!(near::nearest("mech", words), Some("mechanism"));
    assert_eq!(near::nearest("x", words), None);
    assert_eq!(near::nearest("elephant", words), None);
    assert_eq!(near::nearest(&"x".repeat(1_000_000), words), None);
}

fn fetched(source: &str, host: &str, user: Option<&str>) -> Result<String, String> {
    let found = password::fetch(&Source::parse(source)?, host, user)?;
    Ok(found.secret.expose().to_owned())
}

#[test]
fn a_password_comes_from_a_file_or_a_command() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    std::fs::write(&path, "hunter2\r\nmore\n").unwrap();
    let file = format!("file:{}", path.display());
    assert_eq!(fetched(&file, "h", None).unwrap(), "hunter2");
    assert_eq!(fetched("cmd:printf 'a b\\nc'", "h", None).unwrap(), "a b");
    assert_eq!(
        fetched("cmd:cat; echo nothing", "h", None).unwrap(),
        "nothing",
        "stdin is ours"
    );
    let said = fetched("cmd:echo hunter2; exit 3", "h", None).unwrap_err();
    assert!(
        said.contains("it failed (exit status: 3)") && !said.contains("hunter2"),
        "{said}"
    );
    assert!(
        fetched("cmd:true", "h", None)
            .unwrap_err()
            .contains("the first line is empty")
    );
    let said = fetched("file:/nowhere/secret", "h", None).unwrap_err();
    assert!(
        said.contains("file:/nowhere/secret: No such file"),
        "{said}"
    );
    let said = fetched("env:IMAPSH_TEST_THERE_IS_NONE", "h", None).unwrap_err();
    assert!(said.contains("there is no such variable"), "{said}");
    std::fs::write(&path, [0xff]).unwrap();
    assert!(fetched(&file, "h", None).unwrap_err().contains("not UTF-8"));
    std::fs::write(&path, "x".repeat(100_000)).unwrap();
    assert!(
        fetched(&file, "h", None)
            .unwrap_err()
            .contains("longer than")
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2\n").unwrap();
    let source = Source::File(file.path().to_path_buf());
    let warning = |mode| {
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let secret = password::fetch(&source, "h", None).unwrap().warning;
        (secret, password::changeable_by_others(file.path()))
    };
    assert_eq!(warning(0o600), (None, None));
    let (secret, config) = warning(0o640);
    assert!(secret.unwrap().contains("mode 640"));
    assert_eq!(config, None, "a config file has no secrets");
    assert!(warning(0o620).1.unwrap().contains("mode 620"));
}

#[test]
fn a_netrc_is_read_by_host_and_user() {
    let text = "# comment\nmachine other login a password wrong\n\
        machine Mail.example.com\n login craig password \"a \\\"b\\\"\" account x\n\
        macdef init\nmachine mail.example.com login evil password evil\n\n\
        machine mail.example.com login monty password two machine bare password three\n\
        default login anonymous password me@\n";
    let entry = |host, user| password::entry(text, host, user);
    let some = |login: &str, secret: &str| Some((Some(login.to_owned()), secret.to_owned()));
    assert_eq!(
        entry("mail.example.com", Some("craig")),
        some("craig", "a \"b\"")
    );
    assert_eq!(
        entry("mail.example.com", Some("monty")),
        some("monty", "two")
    );
    assert_eq!(entry("mail.example.com", None), some("craig", "a \"b\""));
    assert_eq!(
        entry("mail.example.com", Some("evil")),
        None,
        "not what a macro says"
    );
    assert_eq!(entry("bare", Some("x")), Some((None, "three".to_owned())));
    assert_eq!(entry("elsewhere", None), some("anonymous", "me@"));
    assert_eq!(password::entry("machine", "h", None), None);
    assert_eq!(password::entry("machine h login", "h", None), None);
}

#[cfg(not(feature = "keyring"))]
#[test]
fn without_the_keyring_there_is_a_sentence() {
    let said = fetched("keyring", "localhost", Some("x")).unwrap_err();
    assert!(said.contains("was built without the keyring"), "{said}");
    // A profile that names it may be shared with a machine that has it: only its use is refused.
    args::parse(
        words("-a x --password-from keyring localhost"),
        variables(&[]),
    )
    .unwrap();
}

#[test]
fn show_tells_each_value_and_where_it_came_from_and_no_secret() {
    let environment = variables(&[("IMAPSH_AUTHNAME", "root"), ("IMAPSH_PASSWORD", "hunter2")]);
    let call = args::parse(words("config show @prod+alice -k 5"), environment).unwrap();
    let text = report::show(&call.wishes, call.target.as_ref(), &file()).unwrap();
    let line = |name: &str| {
        let line = text
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        line.unwrap_or_else(|| panic!("{name}\n{text}")).to_owned()
    };
    for (name, value, origin) in [
        ("server", "mail.example.com:2", "profile"),
        ("port", "2", "/home/craig/config.toml:8 [profile.prod]"),
        ("authcid", "\"root\"", "environment, IMAPSH_AUTHNAME"),
        ("authzid", "\"alice\"", "command line, the target"),
        ("minssf", "5", "command line, -k"),
        (
            "connect_timeout",
            "3",
            "/home/craig/config.toml:5 [defaults]",
        ),
        ("greeting_timeout", "30", "default"),
        ("auto", "true", "default"),
        ("password", "(not shown)", "environment, IMAPSH_PASSWORD"),
    ] {
        let line = line(name);
        assert!(line.contains(value) && line.ends_with(origin), "{line}");
    }
    assert!(!text.contains("hunter2"));
    let call = args::parse(words("config"), []).unwrap();
    let text = report::show(&call.wishes, None, &file()).unwrap();
    assert!(text.contains("no target and no default profile"), "{text}");
    let said = report::check(&file()).0;
    assert_eq!(said, "/home/craig/config.toml\n1 profile, no mistakes\n");
}
