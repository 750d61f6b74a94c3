//! SCRAM-*-PLUS over real TLS, 1.2 and 1.3, against our own server end: bound to the right connection it
//! goes, to another one it does not.

use std::sync::Arc;

use imapsh::channel::{LineSafety, Notice, Request, Security};
use imapsh::link::binding::end_point;
use imapsh::sasl::{
    Bindings, ChannelBinding, ChooseError, Credentials, MechanismSpec, Secret, Surroundings, choose,
};
use imapsh::wire::CapabilitySet;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rustls::{ServerConfig, SupportedProtocolVersion};
use sha2::{Digest, Sha256, Sha384};

use crate::common::certificates::Ca;
use crate::common::login_server::log_in;
use crate::common::script::{Face, Peer, joe, plan, serve};

const ALL: &str = "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256 \
                   AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-512-PLUS";

fn wish(mechanism: Option<&str>, channel_binding: ChannelBinding) -> Credentials {
    Credentials {
        mechanism: mechanism.map(str::to_owned),
        channel_binding,
        ..joe()
    }
}

/// A server that speaks this version only, and the digest of its certificate.
fn server(ca: &Ca, version: &'static SupportedProtocolVersion) -> (Arc<ServerConfig>, Vec<u8>) {
    let (chain, key) = ca.issue(&["127.0.0.1"], 2095);
    let end_point = Sha256::digest(&chain[0]).to_vec();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    (Arc::new(config), end_point)
}

/// Logs in over TLS; `meddle` changes what the server binds to, as if somebody sat in between.
async fn log_in_by_tls(
    version: &'static SupportedProtocolVersion,
    security: Security,
    credentials: Credentials,
    meddle: fn(&mut Bindings),
) -> Face {
    let ca = Ca::new("The CA");
    let (config, end_point) = server(&ca, version);
    let (address, server) = serve(move |mut peer: Peer| async move {
        if security == Security::StartTls {
            peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n")
                .await;
            peer.answer("STARTTLS", "TAG OK go on\r\n").await;
        }
        let mut peer = peer.tls(config).await.unwrap();
        peer.bindings.end_point = Some(end_point);
        meddle(&mut peer.bindings);
        if security == Security::StartTls {
            peer.answer(
                "CAPABILITY",
                &format!("* CAPABILITY {ALL}\r\nTAG OK done\r\n"),
            )
            .await;
        }
        log_in_quietly(peer, security).await
    })
    .await;
    let mut plan = plan(address, security);
    plan.trust.ca_files = vec![ca.file()];
    plan.credentials = credentials;
    let mut face = Face::connect(plan);
    face.ready().await;
    face.ask(Request::Close);
    face.end().await;
    server.await.unwrap();
    face
}

/// Behind STARTTLS there is no second greeting.
async fn log_in_quietly(peer: Peer, security: Security) -> Vec<u8> {
    match security {
        Security::StartTls => crate::common::login_server::log_in_greeted(peer).await,
        _ => log_in(peer, ALL.to_owned()).await,
    }
}

fn logged_in(face: &Face) -> Option<&str> {
    face.seen.iter().find_map(|notice| match notice {
        Notice::LoggedIn { mechanism, .. } => Some(mechanism.as_str()),
        _ => None,
    })
}

fn bound_by(face: &Face) -> Option<&str> {
    face.seen.iter().find_map(|notice| match notice {
        Notice::Info(text) => text
            .strip_prefix("The login is bound to this TLS connection by ")?
            .strip_suffix('.'),
        _ => None,
    })
}

#[tokio::test]
async fn every_plus_mechanism_binds_over_tls_1_2_and_1_3() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for security in [Security::Implicit, Security::StartTls] {
            for (binding, name) in [
                (ChannelBinding::OnRequest, "tls-exporter"),
                (ChannelBinding::Exporter, "tls-exporter"),
                (ChannelBinding::EndPoint, "tls-server-end-point"),
            ] {
                for mechanism in [
                    "SCRAM-SHA-1-PLUS",
                    "SCRAM-SHA-256-PLUS",
                    "SCRAM-SHA-512-PLUS",
                ] {
                    let face =
                        log_in_by_tls(version, security, wish(Some(mechanism), binding), |_| {})
                            .await;
                    assert_eq!(
                        logged_in(&face),
                        Some(mechanism),
                        "{version:?} {:#?}",
                        face.seen
                    );
                    assert_eq!(bound_by(&face), Some(name));
                    let wanted = match version.version {
                        rustls::ProtocolVersion::TLSv1_2 => "TLS1.2",
                        _ => "TLS1.3",
                    };
                    assert!(
                        matches!(face.safety(), Some(LineSafety::Tls { version, .. }) if version == wanted)
                    );
                }
            }
        }
    }
}

/// The password is right, the connection is not the one the server has: no login.
#[tokio::test]
async fn a_login_passed_on_by_somebody_in_between_is_refused() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for binding in [ChannelBinding::Exporter, ChannelBinding::EndPoint] {
            let face = log_in_by_tls(
                version,
                Security::Implicit,
                wish(Some("SCRAM-SHA-256-PLUS"), binding),
                |bindings| {
                    bindings.exporter = Some(vec![1; 32]);
                    bindings.end_point = Some(vec![2; 32]);
                },
            )
            .await;
            assert_eq!(logged_in(&face), None);
            let sentence = face.login_failed().unwrap();
            assert!(
                sentence.contains("tls-unique") && sentence.contains("without -PLUS"),
                "{sentence}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_with_plus_too() {
    let credentials = Credentials {
        secret: Some(Secret::new("wrong-8899".to_owned())),
        ..wish(Some("SCRAM-SHA-256-PLUS"), ChannelBinding::Require)
    };
    let face = log_in_by_tls(
        &rustls::version::TLS13,
        Security::Implicit,
        credentials,
        |_| {},
    )
    .await;
    assert_eq!(logged_in(&face), None);
    assert!(
        face.login_failed()
            .unwrap()
            .contains("the password is wrong")
    );
}

#[tokio::test]
async fn without_being_asked_for_nothing_is_bound() {
    let face = log_in_by_tls(
        &rustls::version::TLS13,
        Security::Implicit,
        wish(None, ChannelBinding::OnRequest),
        |_| {},
    )
    .await;
    assert_eq!(logged_in(&face), Some("SCRAM-SHA-256"));
    assert_eq!(bound_by(&face), None);
    let face = log_in_by_tls(
        &rustls::version::TLS13,
        Security::Implicit,
        wish(None, ChannelBinding::Require),
        |_| {},
    )
    .await;
    assert_eq!(logged_in(&face), Some("SCRAM-SHA-512-PLUS"));
}

#[test]
fn the_choice_when_binding_is_required() {
    let tls = LineSafety::Tls {
        version: "TLS1.3".into(),
        cipher: "AES256-GCM".into(),
        verified: true,
    };
    let choice = |offered: &str, credentials: &Credentials| {
        let offered = CapabilitySet::new(offered.split(' ').map(str::to_owned));
        choose(credentials, &offered, &tls).map(|login| login.name())
    };
    let required = wish(None, ChannelBinding::Require);
    assert_eq!(
        choice("AUTH=PLAIN AUTH=SCRAM-SHA-1-PLUS", &required),
        Ok("SCRAM-SHA-1-PLUS")
    );
    let error = choice("AUTH=PLAIN AUTH=SCRAM-SHA-256", &required).unwrap_err();
    assert!(matches!(error, ChooseError::NothingBinds { .. }), "{error}");
    let error = choice(ALL, &wish(Some("SCRAM-SHA-256"), ChannelBinding::EndPoint)).unwrap_err();
    assert!(error.to_string().contains("-PLUS"), "{error}");
    let error = choice(ALL, &wish(Some("login"), ChannelBinding::Require)).unwrap_err();
    assert!(matches!(error, ChooseError::CannotBind { .. }), "{error}");
}

#[test]
fn what_cannot_be_bound_is_a_sentence() {
    let spec = MechanismSpec::find("SCRAM-SHA-256-PLUS").unwrap();
    let refused = |binding, exporter: Option<Vec<u8>>, end_point: Option<Vec<u8>>| {
        let surroundings = Surroundings {
            host: "localhost".to_owned(),
            bindings: Bindings {
                exporter,
                end_point,
            },
            ..Surroundings::default()
        };
        let built = (spec.build)(spec, &wish(None, binding), &surroundings);
        built.map(|_| ()).map_err(|error| error.0)
    };
    let some = || Some(vec![1; 32]);
    let error = refused(ChannelBinding::Require, None, None).unwrap_err();
    assert!(
        error.contains("nothing to bind to") && error.contains("-s"),
        "{error}"
    );
    let error = refused(ChannelBinding::Exporter, None, some()).unwrap_err();
    assert!(error.contains("extended master secret"), "{error}");
    let error = refused(ChannelBinding::EndPoint, some(), None).unwrap_err();
    assert!(error.contains("Ed25519"), "{error}");
    assert_eq!(refused(ChannelBinding::Require, None, some()), Ok(()));
    // What binds is not printed.
    let shown = format!(
        "{:?}",
        Bindings {
            exporter: some(),
            end_point: None
        }
    );
    assert!(!shown.contains('1'), "{shown}");
}

/// RFC 5929 section 4.1.
#[test]
fn the_end_point_is_hashed_by_the_hash_of_its_signature() {
    let signed = |key: KeyPair| {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    };
    let der = signed(KeyPair::generate().unwrap());
    assert_eq!(end_point(&der), Some(Sha256::digest(&der).to_vec()));
    let der = signed(KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap());
    assert_eq!(end_point(&der), Some(Sha384::digest(&der).to_vec()));
    let der = signed(KeyPair::generate_for(&PKCS_ED25519).unwrap());
    assert_eq!(end_point(&der), None);
    assert_eq!(end_point(b"no certificate"), None);
}
