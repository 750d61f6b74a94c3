//! What TLS tells, whom it trusts, and how it says no.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use imapsh::channel::tls::{ClientPart, Pin, TlsReport, TlsVersion, Verdict};
use imapsh::channel::{LineSafety, Notice, Place, Plan, Progress, Request, Security};
use imapsh::link::{Shared, spawn_sharing};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use sha2::{Digest, Sha256};

use crate::common::certificates::{Ca, params, pem, self_signed, server_of};
use crate::common::script::{Face, PASSWORD, Peer, joe, plan, serve};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN STARTTLS] hello\r\n";

/// Connects with TLS from the first byte to a server of `config`, as `localhost` unless `wish` says else,
/// with joe's password; until it is the user's turn, or over. And what the server heard inside TLS.
async fn meet(
    config: Arc<ServerConfig>,
    wish: impl FnOnce(&mut Plan),
) -> (Face, tokio::task::JoinHandle<Vec<u8>>) {
    let (address, server) = serve(move |peer| async move {
        let Ok(mut peer) = peer.tls(config).await else {
            return Vec::new();
        };
        peer.say(GREETING).await;
        while let Some(line) = peer.line().await {
            let Some((tag, _)) = line.split_once(' ') else {
                continue;
            };
            let reply = format!("{tag} OK done\r\n");
            peer.say(&reply).await;
        }
        peer.heard
    })
    .await;
    let mut plan = plan(address, Security::Implicit);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    plan.credentials = joe();
    wish(&mut plan);
    let mut face = Face::connect(plan);
    face.until("Ready or Ended", |n| {
        matches!(n, Notice::Ready | Notice::Ended { .. })
    })
    .await;
    (face, server)
}

fn report(face: &Face) -> &TlsReport {
    let reports: Vec<&TlsReport> = face
        .seen
        .iter()
        .filter_map(|notice| match notice {
            Notice::Tls(report) => Some(report.as_ref()),
            _ => None,
        })
        .collect();
    assert_eq!(reports.len(), 1, "{:?}", face.seen);
    reports[0]
}

#[track_caller]
fn end_of(face: &Face) -> &str {
    match face.seen.last() {
        Some(Notice::Ended { sentence, .. }) => sentence,
        other => panic!("it goes on: {other:?}"),
    }
}

#[track_caller]
fn goes_on(face: &Face) {
    assert!(
        matches!(face.seen.last(), Some(Notice::Ready)),
        "{:?}",
        face.seen
    );
}

/// Whether the server heard of a password.
async fn told(face: Face, server: tokio::task::JoinHandle<Vec<u8>>) -> bool {
    drop(face);
    let heard = String::from_utf8_lossy(&server.await.unwrap()).into_owned();
    heard.contains("AUTHENTICATE") || heard.contains("LOGIN") || heard.contains(PASSWORD)
}

fn pin_of(der: &[u8]) -> Pin {
    Pin(Sha256::digest(der).into())
}

// ---- the report

#[tokio::test]
async fn a_handshake_is_told_with_all_that_was_agreed_and_shown() {
    let ca = Ca::new("A CA of the tests");
    let (chain, key) = ca.issue(&["localhost", "imap.example.org", "192.0.2.7"], 2095);
    let pin = pin_of(&chain[0]);
    let config = server_of((chain, key), &[&TLS13]);
    let (face, server) = meet(config, |plan| plan.trust.ca_files.push(ca.file())).await;
    goes_on(&face);
    let report = report(&face);
    let session = report.session.as_ref().unwrap();
    assert_eq!(session.version, TlsVersion::Tls13);
    assert!(session.cipher.starts_with("TLS13_"), "{}", session.cipher);
    assert_eq!(session.group.as_deref(), Some("X25519"));
    assert!(!session.resumed && session.took > Duration::ZERO);
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(report.client, ClientPart::NotAsked);
    assert_eq!(report.name, "localhost");
    let [leaf] = report.chain.as_slice() else {
        panic!("{:?}", report.chain);
    };
    assert_eq!(leaf.pin, pin);
    assert_eq!(leaf.names, ["localhost", "imap.example.org", "192.0.2.7"]);
    assert!(leaf.issuer.contains("A CA of the tests"), "{}", leaf.issuer);
    assert_eq!(leaf.key, "EC P-256");
    assert_eq!(leaf.signature, "ecdsa-with-SHA256");
    assert!(leaf.days_left(report.at) > 20_000 && !leaf.is_ca);

    let words = report.lines().join("\n");
    for part in [
        "TLS1.3, TLS13_",
        "key exchange X25519, full handshake in",
        "verified: the chain leads to a trusted root",
        "names localhost, imap.example.org, 192.0.2.7",
        "issued by CN=A CA of the tests",
        "valid 2019-01-01 to 2095-01-01 (expires in",
        &format!("SHA-256 {pin}"),
        "the server did not ask for one",
    ] {
        assert!(words.contains(part), "no {part:?} in\n{words}");
    }
    // It stands between "TLS is on" and the greeting.
    let place = |wanted: fn(&Notice) -> bool| face.seen.iter().position(wanted).unwrap();
    let at = place(|n| matches!(n, Notice::Tls(_)));
    assert!(
        place(|n| matches!(
            n,
            Notice::Progress(Progress::Secured(LineSafety::Tls { .. }))
        )) < at
    );
    assert!(at < place(|n| matches!(n, Notice::Progress(Progress::AwaitingGreeting))));
    // The counter-check of every "nothing was told" below: where all is right, the password goes out.
    assert!(told(face, server).await);
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_warned_about() {
    let soon = std::time::SystemTime::now() + Duration::from_secs(3 * 86_400 + 3_600);
    let ca = Ca::new("A CA of the tests");
    let mut params = params(&["localhost"], 2095);
    params.not_after = soon.into();
    let config = server_of(ca.issue_as(params), &[&TLS13]);
    let (face, _server) = meet(config, |plan| plan.trust.ca_files.push(ca.file())).await;
    goes_on(&face);
    let warning = report(&face).expiry_warning().unwrap();
    assert!(warning.contains("expires in 3 days"), "{warning}");
}

#[tokio::test]
async fn hostile_words_in_a_certificate_stay_words() {
    let ca = Ca::new("A CA of the tests");
    let mut params = params(&["localhost"], 2095);
    params
        .distinguished_name
        .push(DnType::CommonName, "\u{1b}]52;c;ZXZpbA==\u{7}evil\r\nline");
    let long = "x".repeat(4_000);
    params
        .distinguished_name
        .push(DnType::OrganizationName, long.as_str());
    let config = server_of(ca.issue_as(params), &[&TLS13]);
    let (face, _server) = meet(config, |plan| plan.trust.ca_files.push(ca.file())).await;
    let report = report(&face);
    let words = report.lines().join("") + &report.summary();
    assert!(words.contains("evil"), "{words}");
    assert!(!words.contains(char::is_control), "{words:?}");
    assert!(report.chain[0].subject.len() < 600);
}

// ---- why not

#[tokio::test]
async fn a_certificate_signed_by_itself_is_refused_and_its_pin_offered() {
    let own = self_signed(params(&["localhost"], 2095));
    let pin = pin_of(&own.0[0]);
    let (face, server) = meet(server_of(own, &[&TLS13]), |_| {}).await;
    let sentence = end_of(&face);
    assert!(
        sentence.contains("signed by itself") && sentence.contains(&format!("{pin}")),
        "{sentence}"
    );
    let report = report(&face);
    assert_eq!(report.session, None);
    assert_eq!(report.verdict, Verdict::Refused(sentence.to_owned()));
    assert_eq!(report.chain[0].pin, pin);
    assert!(report.lines()[0].contains("broken off"));
    assert!(!told(face, server).await);
}

#[tokio::test]
async fn a_forgotten_intermediate_and_an_unknown_root_are_told_apart() {
    let ca = Ca::new("The forgotten CA");
    let (face, _) = meet(server_of(ca.issue(&["localhost"], 2095), &[&TLS13]), |_| {}).await;
    assert!(
        end_of(&face).contains("The forgotten CA signed it, and the server sent no certificate"),
        "{}",
        end_of(&face)
    );

    let (mut chain, key) = ca.issue(&["localhost"], 2095);
    chain.push(ca.certificate.der().clone());
    let (face, _) = meet(server_of((chain, key), &[&TLS13]), |_| {}).await;
    assert!(
        end_of(&face).contains("the chain of 2 ends at CN=The forgotten CA"),
        "{}",
        end_of(&face)
    );
    assert_eq!(report(&face).chain.len(), 2);
}

#[tokio::test]
async fn a_certificate_without_names_or_of_a_ca_gets_its_own_sentence() {
    let ca = Ca::new("A CA of the tests");
    let mut nameless = params(&[], 2095);
    nameless
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    let config = server_of(ca.issue_as(nameless), &[&TLS13]);
    let (face, _) = meet(config, |plan| plan.trust.ca_files.push(ca.file())).await;
    assert!(
        end_of(&face).contains("it names none; only its CN says localhost"),
        "{}",
        end_of(&face)
    );

    let mut own: CertificateParams = params(&["localhost"], 2095);
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (chain, key) = self_signed(own);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.pem");
    std::fs::write(&file, pem("CERTIFICATE", &chain[0])).unwrap();
    let config = server_of((chain, key), &[&TLS13]);
    let (face, _) = meet(config, |plan| plan.trust.ca_files.push(file)).await;
    assert!(
        end_of(&face).contains("certificate of a CA as its own"),
        "{}",
        end_of(&face)
    );
}

/// Read with openssl's help: nothing of ours makes such certificates (see `tests/certificates`).
fn fixture(name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let file = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        folder.join("tests/certificates").join(name)
    };
    let certificate = CertificateDer::from_pem_file(file(name)).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("old.key")).unwrap();
    (vec![certificate], key)
}

/// A server that shows what rustls itself would not let it show.
#[derive(Debug)]
struct Shows(Arc<rustls::sign::CertifiedKey>);

impl rustls::server::ResolvesServerCert for Shows {
    fn resolve(
        &self,
        _: rustls::server::ClientHello<'_>,
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn shows(name: &str) -> Arc<ServerConfig> {
    let (chain, key) = fixture(name);
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let shown = Shows(Arc::new(rustls::sign::CertifiedKey::new(chain, key)));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    Arc::new(config)
}

#[tokio::test]
async fn what_is_too_old_to_be_taken_has_a_sentence() {
    let ca = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/ca.pem");
    for (name, wanted) in [
        (
            "version-1.pem",
            "is of X.509 version 1, which holds no names",
        ),
        ("sha1.pem", "is signed in a way that imapsh does not take"),
    ] {
        let file = ca.clone();
        let (face, server) = meet(shows(name), |plan| plan.trust.ca_files.push(file)).await;
        assert!(end_of(&face).contains(wanted), "{}", end_of(&face));
        assert!(!told(face, server).await, "{name}");
    }
}

/// The certificate may be right and the clock here wrong: the sentence says both times.
#[tokio::test]
async fn a_clock_that_is_wrong_is_thought_of() {
    let ca = Ca::new("A CA of the tests");
    let year = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .year();
    let of = |from: i32, until: i32| {
        let mut params = params(&["localhost"], until);
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        server_of(ca.issue_as(params), &[&TLS13])
    };
    for (config, wanted) in [
        (
            of(2090, 2095),
            [
                "is not valid before 2090-01-01T00:00:00Z, and the clock of this machine says ",
                "that clock is slow: set it",
            ],
        ),
        (
            of(2019, 2020),
            [
                "expired on 2020-01-01T00:00:00Z.",
                "unless the clock of this machine is fast (it says ",
            ],
        ),
    ] {
        let (face, server) = meet(config, |plan| plan.trust.ca_files.push(ca.file())).await;
        let said = end_of(&face);
        for words in wanted {
            assert!(said.contains(words), "no {words:?} in {said}");
        }
        assert!(said.contains(&format!("says {year}-")), "{said}");
        assert!(!told(face, server).await);
    }
}

#[tokio::test]
async fn an_expired_intermediate_is_not_taken_for_an_expired_certificate() {
    let ca = Ca::new("A CA of the tests");
    let mut params = params(&[], 2020);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "The intermediate");
    let (chain, key) = ca.below(params, &["localhost"]);
    let (face, server) = meet(server_of((chain, key), &[&TLS13]), |plan| {
        plan.trust.ca_files.push(ca.file());
    })
    .await;
    let said = end_of(&face);
    assert!(
        said.contains("hangs on one that expired on 2020-01-01")
            && said.contains("The intermediate"),
        "{said}"
    );
    assert!(!told(face, server).await);
}

// ---- pins

#[tokio::test]
async fn a_pin_is_trusted_alone_and_the_rest_is_told() {
    // Expired, for another name, signed by itself: all of that is not asked for.
    let own = self_signed(params(&["mail.example.org"], 2020));
    let pin = pin_of(&own.0[0]);
    let other = Pin([7; 32]);
    let (face, server) = meet(server_of(own, &[&TLS13]), |plan| {
        plan.trust.pins = vec![other, pin];
    })
    .await;
    goes_on(&face);
    assert!(matches!(
        face.safety(),
        Some(LineSafety::Tls { verified: true, .. })
    ));
    let Verdict::Pinned(Some(why)) = &report(&face).verdict else {
        panic!("{:?}", report(&face).verdict);
    };
    assert!(why.contains("The certificate of localhost"), "{why}");
    assert!(face.warnings().is_empty(), "{:?}", face.warnings());
    assert!(told(face, server).await);
}

#[tokio::test]
async fn a_wrong_pin_is_refused_whatever_else_is_right() {
    let ca = Ca::new("A CA of the tests");
    for insecure in [false, true] {
        for version in [&TLS12, &TLS13] {
            let (chain, key) = ca.issue(&["localhost"], 2095);
            let pin = pin_of(&chain[0]);
            let (face, server) = meet(server_of((chain, key), &[version]), |plan| {
                plan.trust.ca_files.push(ca.file());
                plan.trust.pins = vec![Pin([0xAB; 32])];
                plan.trust.insecure = insecure;
            })
            .await;
            let sentence = end_of(&face);
            assert!(
                sentence.contains("is not the pinned one") && sentence.contains(&pin.to_string()),
                "{sentence}"
            );
            assert!(!told(face, server).await);
        }
    }
}

#[test]
fn a_pin_is_read_as_openssl_prints_it() {
    let pin = Pin(std::array::from_fn(|at| at as u8));
    let shown = pin.to_string();
    assert!(shown.starts_with("00:01:02:"), "{shown}");
    for text in [
        shown.clone(),
        shown.replace(':', "").to_lowercase(),
        format!("sha256 Fingerprint={shown}"),
        format!("SHA256 Fingerprint={shown}"),
        format!("sha256:{}", shown.replace(':', "")),
    ] {
        assert_eq!(text.parse::<Pin>(), Ok(pin), "{text}");
    }
    for (text, why) in [
        ("", "these are 0 digits"),
        ("AB:CD", "these are 4 digits"),
        (&shown[..59], "SHA-1"),
        ("sha1 Fingerprint=AB", "not SHA-256"),
        ("sha256//YWJj+Gvm=", "public key"),
        ("zz", "not hexadecimal"),
    ] {
        let error = text.parse::<Pin>().unwrap_err().to_string();
        assert!(
            error.contains(why) && error.contains("openssl"),
            "{text}: {error}"
        );
    }
}

// ---- the name

#[tokio::test]
async fn the_server_name_is_what_the_certificate_must_hold() {
    let ca = Ca::new("A CA of the tests");
    for (name, right) in [("imap.example.org", true), ("localhost", false)] {
        let config = ca.server(&["imap.example.org"], 2095);
        let (face, _) = meet(config, |plan| {
            plan.trust.ca_files.push(ca.file());
            plan.trust.server_name = Some(name.to_owned());
        })
        .await;
        if right {
            goes_on(&face);
            assert_eq!(report(&face).name, name);
        } else {
            assert!(
                end_of(&face).contains("wanted localhost, it names imap.example.org")
                    && end_of(&face).contains("--server-name imap.example.org"),
                "{}",
                end_of(&face)
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_name_is_said_before_anything_goes_out() {
    let ca = Ca::new("A CA of the tests");
    let (face, server) = meet(ca.server(&["localhost"], 2095), |plan| {
        plan.trust.server_name = Some("no name at all".to_owned());
    })
    .await;
    assert!(
        end_of(&face).contains("no name at all is no host name")
            && end_of(&face).contains("--server-name"),
        "{}",
        end_of(&face)
    );
    assert!(!told(face, server).await);
}

// ---- versions

#[tokio::test]
async fn versions_are_kept_within_their_bounds() {
    let ca = Ca::new("A CA of the tests");
    let pair = || ca.issue(&["localhost"], 2095);
    use TlsVersion::{Tls12, Tls13};
    for (server, min, max, spoken) in [
        (vec![&TLS12, &TLS13], None, None, Some(Tls13)),
        (vec![&TLS12], None, None, Some(Tls12)),
        (vec![&TLS12, &TLS13], None, Some(Tls12), Some(Tls12)),
        (vec![&TLS12, &TLS13], Some(Tls13), None, Some(Tls13)),
        (vec![&TLS12], Some(Tls13), None, None),
        (vec![&TLS13], None, Some(Tls12), None),
    ] {
        let (face, _) = meet(server_of(pair(), &server), |plan| {
            plan.trust.ca_files.push(ca.file());
            plan.trust.min_version = min;
            plan.trust.max_version = max;
        })
        .await;
        match spoken {
            Some(version) => {
                goes_on(&face);
                let session = report(&face).session.as_ref().unwrap();
                assert_eq!(session.version, version);
                assert!(session.group.is_some());
            }
            None => assert!(
                end_of(&face).contains("does not speak the TLS asked for: at least")
                    && end_of(&face).contains("--tls-min"),
                "{}",
                end_of(&face)
            ),
        }
    }
}

#[tokio::test]
async fn bounds_that_leave_nothing_are_told_before_dialing() {
    let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Implicit);
    plan.trust.min_version = Some(TlsVersion::Tls13);
    plan.trust.max_version = Some(TlsVersion::Tls12);
    let mut face = Face::connect(plan);
    let (_, sentence) = face.end().await;
    assert!(
        sentence.contains("at least TLS1.3 and at most TLS1.2"),
        "{sentence}"
    );
    assert!(!face.seen.iter().any(|n| matches!(n, Notice::Progress(_))));

    for good in ["1.2", "TLSv1.2", "tls1.2"] {
        assert_eq!(good.parse(), Ok(TlsVersion::Tls12));
    }
    for bad in ["1.1", "1", "", "SSLv3"] {
        let error = bad.parse::<TlsVersion>().unwrap_err().to_string();
        assert!(error.contains("1.2 or 1.3"), "{error}");
    }
}

/// What servers say that know no TLS of this century, octet by octet.
#[tokio::test]
async fn old_servers_get_the_reason() {
    let mut hello_1_0 = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello_1_0.extend([9; 32]);
    hello_1_0.extend([0, 0, 0x2F, 0]);
    for (octets, parts) in [
        // alert: protocol_version (OpenSSL that speaks TLS 1.1 at most)
        (
            vec![0x15, 3, 1, 0, 2, 2, 70],
            ["TLS 1.1 or older only", "update"],
        ),
        // ServerHello of TLS 1.0, TLS_RSA_WITH_AES_128_CBC_SHA
        (hello_1_0, ["TLS 1.1 or older only", "update"]),
        // alert: handshake_failure (no cipher in common)
        (
            vec![0x15, 3, 3, 0, 2, 2, 40],
            ["shares no cipher", "RSA key exchange"],
        ),
        // alert: insufficient_security
        (
            vec![0x15, 3, 3, 0, 2, 2, 71],
            ["shares no cipher", "forward secrecy"],
        ),
        // alert: unrecognized_name
        (
            vec![0x15, 3, 3, 0, 2, 2, 112],
            ["no service of the name 127.0.0.1", "--server-name"],
        ),
    ] {
        let (address, _server) = serve(move |mut peer: Peer| async move {
            peer.octets(5).await;
            peer.say_bytes(&octets).await;
            peer.rest().await
        })
        .await;
        let (_, sentence) = Face::connect(plan(address, Security::Implicit)).end().await;
        for part in parts {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}

// ---- our own certificate

#[tokio::test]
async fn certificate_and_key_may_lie_apart() {
    let ca = Ca::new("A CA of the tests");
    let (chain, key) = ca.issue(&["joe"], 2095);
    let file = |name: &str, text: String| -> PathBuf {
        let path = ca.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let certificate = file("joe.crt", pem("CERTIFICATE", &chain[0]));
    let right = file("joe.key", pem("PRIVATE KEY", key.secret_der()));
    let (_, other) = ca.issue(&["somebody else"], 2095);
    let wrong = file("other.key", pem("PRIVATE KEY", other.secret_der()));
    let locked = file(
        "locked.key",
        pem("ENCRYPTED PRIVATE KEY", b"what openssl would have made"),
    );
    let trust = |plan: &mut Plan, key: Option<&Path>, with: bool| {
        plan.trust.ca_files.push(ca.file());
        plan.trust.client_certificate = with.then(|| certificate.clone());
        plan.trust.client_key = key.map(Path::to_path_buf);
    };

    let (face, _) = meet(ca.strict_server(&["localhost"]), |plan| {
        trust(plan, Some(&right), true);
    })
    .await;
    goes_on(&face);
    assert!(matches!(&report(&face).client, ClientPart::Shown(_)));

    let (face, _) = meet(ca.strict_server(&["localhost"]), |plan| {
        trust(plan, None, false);
    })
    .await;
    assert_eq!(report(&face).client, ClientPart::Missing);
    assert!(
        end_of(&face).contains("misses one: give it with -t FILE"),
        "{}",
        end_of(&face)
    );

    for (key, with, parts) in [
        (
            Some(&wrong),
            true,
            ["other.key (--key)", "does not belong to the certificate"],
        ),
        (None, true, ["joe.crt", "there is no private key in it"]),
        (
            Some(&right),
            false,
            ["joe.key (--key)", "no certificate for it"],
        ),
        (Some(&locked), true, ["locked.key", "under a pass phrase"]),
    ] {
        let (face, server) = meet(ca.server(&["localhost"], 2095), |plan| {
            trust(plan, key.map(PathBuf::as_path), with);
        })
        .await;
        for part in parts {
            assert!(end_of(&face).contains(part), "{}", end_of(&face));
        }
        assert!(!face.seen.iter().any(|n| matches!(n, Notice::Progress(_))));
        server.abort();
    }
}

// ---- the key log

#[tokio::test]
async fn keys_are_logged_only_when_asked_for_and_said_aloud() {
    let ca = Ca::new("A CA of the tests");
    let log = ca.folder.path().join("keys.log");
    for asked in [false, true] {
        let (face, _) = meet(ca.server(&["localhost"], 2095), |plan| {
            plan.trust.ca_files.push(ca.file());
            plan.trust.key_log = asked.then(|| log.clone());
        })
        .await;
        goes_on(&face);
        assert_eq!(log.exists(), asked);
        assert_eq!(
            face.warnings().iter().any(|w| w.contains("--key-log")),
            asked
        );
    }
    let text = std::fs::read_to_string(&log).unwrap();
    for label in [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET ",
        "CLIENT_TRAFFIC_SECRET_0 ",
        "SERVER_TRAFFIC_SECRET_0 ",
    ] {
        let line = text.lines().find(|l| l.starts_with(label)).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words.len(), 3, "{label}");
        assert_eq!(words[1].len(), 64, "{label}");
        assert!(words[2].len() >= 64, "{label}");
        assert!(
            words[1..]
                .iter()
                .all(|w| w.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }
    let mode = std::fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (face, server) = meet(ca.server(&["localhost"], 2095), |plan| {
        plan.trust.key_log = Some(ca.folder.path().join("no/such/folder"));
    })
    .await;
    assert!(
        end_of(&face).contains("--key-log) cannot be written"),
        "{}",
        end_of(&face)
    );
    server.abort();
}

// ---- resumption

/// One more connection of the plan that `shared` knows, whose CA lies in `authority`, to a server of `config`:
/// whether it resumed an earlier one's session.
async fn once_more(config: &Arc<ServerConfig>, authority: &Path, shared: &Shared) -> bool {
    let config = config.clone();
    let (address, server) = serve(move |peer| async move {
        let mut peer = peer.tls(config).await.unwrap();
        peer.say(GREETING).await;
        peer.rest().await;
    })
    .await;
    let mut plan = plan(address, Security::Implicit);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    plan.trust.ca_files.push(authority.to_path_buf());
    let mut face = Face {
        handle: spawn_sharing(plan, None, shared),
        seen: Vec::new(),
    };
    face.ready().await;
    let report = report(&face);
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(report.chain[0].names, ["localhost"]);
    let resumed = report.session.as_ref().unwrap().resumed;
    face.ask(Request::Close);
    face.end().await;
    server.await.unwrap();
    resumed
}

#[tokio::test]
async fn a_resumed_session_is_told_as_one_and_is_still_verified() {
    for version in [&TLS12, &TLS13] {
        let ca = Ca::new("A CA of the tests");
        let config = server_of(ca.issue(&["localhost"], 2095), &[version]);
        let shared = Shared::default();
        let mut resumed = Vec::new();
        for _ in 0..2 {
            resumed.push(once_more(&config, &ca.file(), &shared).await);
        }
        assert_eq!(resumed, [false, true], "{version:?}");
    }
}

/// For servers that break resumed handshakes off: full ones, but nothing is read a second time.
#[tokio::test]
async fn without_resumption_handshakes_are_full_and_no_file_is_read_again() {
    for version in [&TLS12, &TLS13] {
        let ca = Ca::new("A CA of the tests");
        let config = server_of(ca.issue(&["localhost"], 2095), &[version]);
        let (shared, authority) = (Shared::default(), ca.file());
        assert!(!once_more(&config, &authority, &shared).await);
        assert!(once_more(&config, &authority, &shared).await);
        shared.resume_no_more();
        std::fs::remove_file(&authority).unwrap();
        for _ in 0..2 {
            assert!(
                !once_more(&config, &authority, &shared).await,
                "{version:?}"
            );
        }
    }
}

// ---- STARTTLS taken away

#[tokio::test]
async fn starttls_taken_out_of_the_list_is_an_alarm_and_nothing_goes_out() {
    let (address, server) = serve(|mut peer| async move {
        peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGIN-REFERRALS] hello\r\n")
            .await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::StartTls);
    plan.credentials = joe();
    let mut face = Face::connect(plan);
    let (_, sentence) = face.end().await;
    assert!(sentence.contains("strikes it out"), "{sentence}");
    assert!(face.warnings().iter().any(|w| w.starts_with("ALARM")));
    assert_eq!(server.await.unwrap(), b"");
}

// ---- where it is shown

fn example() -> TlsReport {
    use imapsh::channel::tls::{CertificateFacts, TlsSession};
    let day = 86_400;
    let now = 1_800_000_000;
    let leaf = CertificateFacts {
        subject: "CN=mail.example.com".to_owned(),
        common_name: "mail.example.com".to_owned(),
        issuer: "CN=Example CA".to_owned(),
        names: vec!["mail.example.com".to_owned(), "\u{1b}[31mred".to_owned()],
        not_before: now - 30 * day,
        not_after: now + 39 * day + 60,
        key: "EC P-256".to_owned(),
        signature: "ecdsa-with-SHA256".to_owned(),
        pin: Pin([0xAB; 32]),
        is_ca: false,
    };
    TlsReport {
        name: "mail.example.com".to_owned(),
        session: Some(TlsSession {
            version: TlsVersion::Tls13,
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            group: Some("X25519".to_owned()),
            resumed: false,
            took: Duration::from_micros(12_340),
        }),
        chain: vec![
            leaf.clone(),
            CertificateFacts {
                subject: "CN=Example CA".to_owned(),
                common_name: "Example CA".to_owned(),
                names: Vec::new(),
                is_ca: true,
                ..leaf
            },
        ],
        verdict: Verdict::Verified,
        client: ClientPart::NotAsked,
        at: std::time::UNIX_EPOCH + Duration::from_secs(now.unsigned_abs()),
    }
}

#[test]
fn the_transcript_has_a_line_and_tls_shows_all() {
    use crate::common::screen::{Screen, plan, tls};
    let mut screen = Screen::new(120, 35);
    screen.keys(":tls<enter>").shows("no TLS handshake");
    screen
        .connect(plan(), tls())
        .notice(Notice::Tls(Box::new(example())));
    screen
        .shows("TLS1.3 AES256-GCM X25519; mail.example.com verified, expires")
        .notice(Notice::Ready)
        .keys(":tls<enter>")
        .shows("TLS1.3, TLS13_AES_256_GCM_SHA384, key exchange X25519, full handshake in 12.3 ms")
        .shows("verified: the chain leads to a trusted root")
        .shows("certificate 1: CN=Example CA")
        .shows("(itself)")
        .shows("AB:AB:AB")
        .keys("<esc>")
        .hides("certificate 1: CN=Example CA");

    // What does not fit can be scrolled to.
    let mut screen = Screen::new(80, 20);
    screen
        .connect(plan(), tls())
        .notice(Notice::Tls(Box::new(example())))
        .notice(Notice::Ready);
    screen
        .keys(":tls<enter>")
        .hides("did not ask for one")
        .shows("lines below")
        .keys("<end>")
        .shows("did not ask for one");

    // A refusal and an override are red, and say why.
    for (verdict, part) in [
        (
            Verdict::Refused("It is for another name.".to_owned()),
            "REFUSED: It is for another name.",
        ),
        (
            Verdict::Insecure(Some("It expired.".to_owned())),
            "NOT verified (--insecure); it would have been refused: It expired.",
        ),
    ] {
        let mut screen = Screen::new(120, 35);
        screen.connect(plan(), tls());
        screen.notice(Notice::Tls(Box::new(TlsReport {
            verdict,
            ..example()
        })));
        screen.notice(Notice::Ready).keys(":tls<enter>").shows(part);
    }
    // The next connection starts without.
    screen.connect(plan(), tls());
    screen
        .notice(Notice::Ready)
        .keys("<esc>:tls<enter>")
        .shows("no TLS handshake");
}

#[tokio::test]
async fn headless_tells_it_only_when_asked_to() {
    use imapsh::link::spawn;
    use imapsh::runner::output::Style;
    use imapsh::runner::source::Source;
    use imapsh::runner::{Exec, exec};
    let ca = Ca::new("A CA of the tests");
    for verbose in [false, true] {
        let config = ca.server(&["localhost"], 2095);
        let (address, _server) = serve(move |peer| async move {
            let mut peer = peer.tls(config).await.unwrap();
            peer.say(GREETING).await;
            peer.answer("NOOP", "TAG OK\r\n").await;
            peer.answer("LOGOUT", "* BYE bye\r\nTAG OK\r\n").await;
        })
        .await;
        let mut plan = plan(address, Security::Implicit);
        plan.place = Place::Tcp {
            host: "localhost".to_owned(),
            port: address.port(),
        };
        plan.trust.ca_files.push(ca.file());
        let mut errors = Vec::new();
        let run = Exec {
            handle: spawn(plan, None),
            source: Source::list(&["NOOP".to_owned()]).unwrap(),
            out: &mut tokio::io::sink(),
            style: Style::Labelled,
            errors: &mut errors,
            progress: false,
            verbose,
            ask: Arc::new(|_| Err(std::io::Error::other("no terminal"))),
            care: imapsh::runner::Care {
                mode: imapsh::safety::SafeMode::Off,
                yes: false,
            },
        };
        assert_eq!(exec(run, std::future::pending()).await, 0);
        let text = String::from_utf8(errors).unwrap();
        for part in ["issued by CN=A CA of the tests", "key exchange X25519"] {
            assert_eq!(text.contains(part), verbose, "{text}");
        }
    }
}
