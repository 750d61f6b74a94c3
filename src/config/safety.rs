//! How safe the line is to be: which TLS, whom to trust, which certificate is ours.

use std::path::{Path, PathBuf};

use super::account::Ground;
use super::error::AccountError;
use super::settings::{Layer, Layers, Setting};
use crate::channel::tls::{Pin, TlsVersion};
use crate::channel::{Security, Trust};
use crate::sasl::{MechanismSpec, Need};

/// The flag of the first of `longs` that `layer` has.
pub(super) fn first_of(layer: &Layer, longs: &[&str]) -> Option<String> {
    let long = longs.iter().find(|long| layer.has(long))?;
    Setting::long(long).map(Setting::flag)
}

/// What one layer says: `-s`, `-t ""` and `--security` must agree.
fn said(layer: &Layer) -> Result<Option<Security>, AccountError> {
    let tls = layer.flag("require-tls") == Some(true);
    let keyfile = layer.path("keyfile");
    let starttls = keyfile.is_some_and(|path| path.as_os_str().is_empty());
    if tls && starttls {
        return Err(AccountError::TwoKindsOfTls);
    }
    let named = match layer.text("security") {
        Some("tls") => Some(Security::Implicit),
        Some("starttls") => Some(Security::StartTls),
        Some(_) => Some(Security::Plain),
        None => None,
    };
    let short = match (tls, starttls) {
        (true, _) => Some((Security::Implicit, "-s")),
        (_, true) => Some((Security::StartTls, "-t \"\"")),
        _ => None,
    };
    match (named, short) {
        (Some(named), Some((short, other))) if named != short => Err(AccountError::TwoSecurities {
            security: layer.text("security").unwrap_or_default().to_owned(),
            other,
        }),
        (named, short) => Ok(short.map(|(security, _)| security).or(named)),
    }
}

/// Which TLS, if any.
pub(super) fn security(
    layers: &Layers<'_>,
    command_line: &Layer,
    ground: &Ground<'_>,
) -> Result<Security, AccountError> {
    let mut found = said(command_line)?;
    if let Some(url) = ground.url {
        let named = command_line.text("security").map(str::to_owned);
        match (url.tls, found, named) {
            (false, Some(Security::Implicit), None) => return Err(AccountError::TlsAgainstUrl),
            (true, Some(Security::StartTls), None) => {
                return Err(AccountError::StartTlsAgainstUrl);
            }
            (false, Some(Security::Implicit), Some(security)) => {
                return Err(AccountError::TwoSecurities {
                    security,
                    other: "imap://",
                });
            }
            (true, Some(Security::StartTls | Security::Plain), Some(security)) => {
                return Err(AccountError::TwoSecurities {
                    security,
                    other: "imaps://",
                });
            }
            (true, _, _) => found = Some(Security::Implicit),
            (false, _, _) => {}
        }
    }
    for layer in &layers.0[1..] {
        found = match found {
            Some(found) => Some(found),
            // imap:// says that there is no TLS from the first byte; STARTTLS it leaves open.
            None => said(layer)?.map(|security| match (ground.url, security) {
                (Some(_), Security::Implicit) => Security::Plain,
                (_, security) => security,
            }),
        };
    }
    // A profile is safe unless it says otherwise; a host alone is as imtest takes it; a unix socket or
    // a tunnel is there already.
    let host_of_profile = ground
        .profile
        .is_some_and(|profile| profile.host.is_some() && !profile.layer.has("tunnel"));
    let security = found.unwrap_or(match host_of_profile {
        true => Security::Implicit,
        false => Security::Plain,
    });
    // A client certificate goes with the TLS there is; where there is none it asks for STARTTLS.
    let file = (layers.0.iter()).find_map(|layer| layer.path("keyfile"));
    let certificate = file.is_some_and(|path| !path.as_os_str().is_empty());
    if certificate && security == Security::Plain {
        return match command_line.text("security") {
            Some(_) => Err(AccountError::NeedsTls("-t FILE".to_owned())),
            None => Ok(Security::StartTls),
        };
    }
    Ok(security)
}

/// Whether `--server-name` has a meaning without TLS: it is in the name of GSSAPI's service, too (behind an
/// ssh tunnel the host is localhost, and the service is not).
pub(super) fn names_a_service(mechanism: Option<&str>) -> bool {
    mechanism
        .and_then(MechanismSpec::find)
        .is_some_and(|spec| spec.needs.contains(&Need::Ticket))
}

/// The options that have no meaning without TLS.
const OF_TLS: &[&str] = &[
    "insecure",
    "ca",
    "pin",
    "server-name",
    "cert",
    "key",
    "tls-min",
    "tls-max",
    "key-log",
];

/// The first option about certificates that the command line has.
pub(super) fn tls_option(command_line: &Layer) -> Option<String> {
    first_of(command_line, OF_TLS)
}

/// Whom to trust, and which certificate is ours. `logs_in`: somebody is logged in before a STARTTLS that is
/// typed.
pub(super) fn trust(
    layers: &Layers<'_>,
    command_line: &Layer,
    security: Security,
    logs_in: bool,
) -> Result<Trust, AccountError> {
    for layer in &layers.0 {
        contradiction(layer)?;
    }
    let by_ticket = names_a_service(layers.text("mechanism"));
    let without_tls = |option: &&str| !(by_ticket && *option == "server-name");
    let of_tls: Vec<&str> = OF_TLS.iter().copied().filter(without_tls).collect();
    let said = first_of(command_line, &of_tls);
    // Where nobody logs in STARTTLS may be typed, and then it counts; a login would go ahead of it.
    if security == Security::Plain
        && logs_in
        && let Some(option) = said.clone()
    {
        return Err(AccountError::NeedsTls(option));
    }
    let mut trust = Trust {
        server_name: layers.text("server-name").map(str::to_owned),
        min_version: version(layers.text("tls-min")),
        max_version: version(layers.text("tls-max")),
        key_log: layers.path("key-log").map(Path::to_path_buf),
        ..whom(layers)
    };
    if let (Some(min), Some(max)) = (trust.min_version, trust.max_version)
        && min > max
    {
        return Err(AccountError::NoVersion(min.to_string(), max.to_string()));
    }
    (trust.client_certificate, trust.client_key) = certificate(layers);
    if security == Security::Plain && said.is_none() {
        // Nothing of it is read, so nothing of it is missed: a profile may name files of elsewhere.
        return Ok(trust);
    }
    for file in &trust.ca_files {
        must_be_readable("--ca", file, "; it takes a PEM file")?;
    }
    if let Some(file) = &trust.client_certificate {
        let (option, hint) = match layers.path("cert") == Some(file) {
            true => ("--cert", "; it takes a PEM file"),
            false => (
                "-t",
                "; -t takes a PEM file with certificate and key, or \"\" for STARTTLS without one",
            ),
        };
        must_be_readable(option, file, hint)?;
    }
    if let Some(file) = &trust.client_key {
        must_be_readable("--key", file, "; it takes a PEM file")?;
    }
    Ok(trust)
}

/// Two options of one layer that cannot stand together.
fn contradiction(layer: &Layer) -> Result<(), AccountError> {
    let senseless = |one, why, other| Err(AccountError::Senseless { one, why, other });
    let insecure = layer.flag("insecure") == Some(true);
    let file = layer.path("keyfile");
    if insecure && layer.has("ca") {
        return senseless("--insecure", "verifies nothing", "--ca");
    }
    if insecure && layer.has("pin") {
        return senseless("--insecure", "verifies nothing", "--pin");
    }
    if layer.has("pin") && layer.has("ca") {
        return senseless("--pin", "alone says which certificate is right", "--ca");
    }
    if layer.has("cert") && file.is_some_and(|path| !path.as_os_str().is_empty()) {
        return senseless("-t FILE", "is the certificate and its key", "--cert");
    }
    if layer.has("key") && !layer.has("cert") && file.is_none_or(|path| path.as_os_str().is_empty())
    {
        return Err(AccountError::Alone {
            one: "--key",
            other: "--cert",
        });
    }
    Ok(())
}

/// `--ca`, `--pin` and `--insecure` are three answers to one question: the strongest layer that has one
/// gives it. `--insecure=false` takes away that of a weaker layer.
fn whom(layers: &Layers<'_>) -> Trust {
    let mut may_be_insecure = true;
    for layer in &layers.0 {
        match layer.flag("insecure") {
            Some(true) if may_be_insecure => {
                return Trust {
                    insecure: true,
                    ..Trust::default()
                };
            }
            Some(false) => may_be_insecure = false,
            _ => {}
        }
        if layer.has("ca") || layer.has("pin") {
            let pins = layer.list("pin").unwrap_or_default();
            return Trust {
                ca_files: layer
                    .path("ca")
                    .map(Path::to_path_buf)
                    .into_iter()
                    .collect(),
                // The texts were checked when they were read.
                pins: pins
                    .iter()
                    .filter_map(|pin| pin.parse::<Pin>().ok())
                    .collect(),
                ..Trust::default()
            };
        }
    }
    Trust::default()
}

/// Our certificate, and its key if that is apart. `-t ""` is STARTTLS without one, as in imtest.
fn certificate(layers: &Layers<'_>) -> (Option<PathBuf>, Option<PathBuf>) {
    for layer in &layers.0 {
        let key = layer.path("key").map(Path::to_path_buf);
        if let Some(file) = layer.path("cert") {
            return (Some(file.to_path_buf()), key);
        }
        if let Some(file) = layer.path("keyfile") {
            let file = (!file.as_os_str().is_empty()).then(|| file.to_path_buf());
            return (file, key);
        }
    }
    (None, None)
}

fn version(text: Option<&str>) -> Option<TlsVersion> {
    // The text was checked when it was read.
    text?.parse().ok()
}

fn must_be_readable(option: &str, path: &Path, hint: &'static str) -> Result<(), AccountError> {
    let opened = std::fs::File::open(path).and_then(|file| file.metadata());
    let error = match opened {
        Ok(metadata) if metadata.is_dir() => std::io::ErrorKind::IsADirectory.into(),
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    Err(AccountError::NoFile {
        option: option.to_owned(),
        path: path.to_path_buf(),
        error,
        hint,
    })
}
