//! Why Kerberos would not, as sentences with the next step.

use libgssapi::error::{Error, MajorFlags};

/// Error codes of the Kerberos library (com_err table krb5, the same at MIT and Heimdal), as far as there is
/// something better to say than its own words.
mod code {
    pub const CLIENT_UNKNOWN: i32 = -1765328378;
    pub const SERVER_UNKNOWN: i32 = -1765328377;
    pub const TICKET_EXPIRED: i32 = -1765328352;
    pub const NOT_YET_VALID: i32 = -1765328351;
    pub const SKEW: i32 = -1765328347;
    pub const NO_KDC_FOR_REALM: i32 = -1765328230;
    pub const KDC_UNREACHABLE: i32 = -1765328228;
    pub const NO_REALM_OF_HOST: i32 = -1765328167;
    pub const KDC_UNRESOLVED: i32 = -1765328164;
}

/// The library's own words, on one line: those of Kerberos, which stand in parentheses behind GSSAPI's
/// general ones, where there are any.
fn words(error: &Error) -> String {
    let text = error.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.split_once(" (") {
        Some((_, own)) if error.minor != 0 => own.strip_suffix(')').unwrap_or(own).to_owned(),
        _ => text,
    }
}

/// The code below GSSAPI's own.
fn minor(error: &Error) -> i32 {
    error.minor.cast_signed()
}

const SKEW: &str = "this machine's clock and the other's differ by more than Kerberos allows (5 minutes): set them by \
    NTP, then log in again.";

/// No ticket of `authcid`, or of anybody.
pub fn no_ticket(authcid: Option<&str>, error: &Error) -> String {
    let of = authcid
        .map(|name| format!(" of {name}"))
        .unwrap_or_default();
    let kinit = authcid.map_or("kinit".to_owned(), |name| format!("kinit {name}"));
    match minor(error) {
        code::TICKET_EXPIRED => expired(&of, &kinit),
        _ if error.major.contains(MajorFlags::GSS_S_CREDENTIALS_EXPIRED) => expired(&of, &kinit),
        _ => format!(
            "There is no Kerberos ticket{of} here: nothing was sent. Get one with `{kinit}`, then log in again. \
             (Kerberos says: {}.)",
            words(error)
        ),
    }
}

fn expired(of: &str, kinit: &str) -> String {
    format!(
        "The Kerberos ticket{of} has expired: nothing was sent. Get a fresh one with `{kinit}`, then log in again."
    )
}

/// The ticket of `principal` does not lead to one for `service`.
pub fn no_service(principal: &str, service: &str, error: &Error) -> String {
    // Where krb5.conf does not say which realm a host is in, there is none behind the `@`.
    let (name, realm_name) = service.rsplit_once('@').unwrap_or((service, ""));
    let (service, realm) = match realm_name {
        "" => (name, "the host's realm".to_owned()),
        realm => (service, format!("the realm {realm}")),
    };
    let of = format!(" of {principal}");
    let kinit = format!("kinit {principal}");
    match minor(error) {
        code::TICKET_EXPIRED => expired(&of, &kinit),
        _ if error.major.contains(MajorFlags::GSS_S_CREDENTIALS_EXPIRED) => expired(&of, &kinit),
        code::SERVER_UNKNOWN if is_elsewhere(principal, realm_name) => format!(
            "The ticket{of} leads to none in {realm}, where {name} is: nothing was sent. Get a ticket there \
             (kinit NAME@{realm_name}), or have the two realms trust each other. Is the host in another realm after \
             all? That is for [domain_realm] in krb5.conf to say."
        ),
        code::SERVER_UNKNOWN => format!(
            "The service {service} is not known to Kerberos: nothing was sent. Give the name that the server's key \
             is for as the host or with --server-name, or have that principal made and its key put into the \
             server's keytab."
        ),
        code::CLIENT_UNKNOWN => format!(
            "The principal {principal} is not known to Kerberos any more: nothing was sent. Get a ticket of \
             somebody else with kinit."
        ),
        code::NOT_YET_VALID => {
            format!("The Kerberos ticket{of} is not valid yet, or {SKEW}")
        }
        code::SKEW => format!("The Kerberos ticket{of} was refused: {SKEW}"),
        code::KDC_UNREACHABLE => format!(
            "No KDC of {realm} answers, so there is no ticket for {service}: nothing was sent. Look at the network, \
             and at [realms] in krb5.conf."
        ),
        code::NO_KDC_FOR_REALM | code::KDC_UNRESOLVED | code::NO_REALM_OF_HOST => format!(
            "No KDC is known for {realm}, which {service} would be in: nothing was sent. Is the host name the right \
             one (else --server-name)? If so, name realm and KDC in [domain_realm] and [realms] of krb5.conf."
        ),
        _ => format!(
            "The ticket{of} leads to none for the service {service}: nothing was sent. Kerberos says: {}.",
            words(error)
        ),
    }
}

fn is_elsewhere(principal: &str, realm: &str) -> bool {
    let home = principal.rsplit_once('@').map_or("", |(_, home)| home);
    !realm.is_empty() && !home.is_empty() && home != realm
}

/// The server's token does not prove that it holds the key of `service`.
pub fn unproved(service: &str, error: &Error, impostor: &str) -> String {
    match minor(error) {
        code::SKEW => format!("GSSAPI was stopped: {SKEW}"),
        _ => format!(
            "The server could not prove that it is {service} ({}): {impostor}",
            words(error)
        ),
    }
}

/// A failure of the library that has no cause of its own.
pub fn other(error: &Error) -> String {
    format!("GSSAPI was stopped: {}.", words(error))
}
