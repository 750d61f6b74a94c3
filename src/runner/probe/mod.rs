//! `probe`: connect, TLS, greeting, capabilities before and after TLS, and what they mean. Nobody is
//! logged in. To explain another capability: a row in `meaning.rs`.

mod meaning;

use std::fmt::Write as _;
use std::io::Write;
use std::net::SocketAddr;

use super::clock::{Clock, millis};
use super::mode::Ends;
use super::talk::{Over, Talk};
use super::{exit, output};
use crate::channel::{LineSafety, Notice, Place, Plan, Progress, Security};
use crate::link::Handle;
use crate::session::Event;
use crate::tui::printable;
use crate::wire::response::{Status, StatusResponse};
use crate::wire::{CapabilitySet, Command, Origin, Piece};

/// What the server told.
#[derive(Default)]
struct Findings {
    address: Option<SocketAddr>,
    greeting: Option<(StatusResponse, String)>,
    /// The first line of the server as it came.
    line: Vec<u8>,
    safety: Option<LineSafety>,
    tls: Vec<String>,
    before: Option<CapabilitySet>,
    after: Option<CapabilitySet>,
}

/// Runs it; returns the exit code.
pub async fn run<W: Write, E: Write>(
    plan: &Plan,
    connect: impl FnOnce(Plan) -> Handle,
    ends: &mut Ends<W, E>,
) -> u8 {
    let mut plan = plan.clone();
    plan.credentials.authcid = None;
    plan.credentials.authzid = None;
    plan.credentials.secret = None;
    plan.credentials.mechanism = None;
    let security = plan.security;
    let title = match &plan.place {
        Place::Tcp { host, port } => format!("{host} port {port}"),
        place => place.to_string(),
    };
    let mut clock = Clock::default();
    let mut found = Findings::default();
    let mut talk = Talk::new(
        connect(plan),
        &mut ends.errors,
        &ends.ask,
        &mut ends.signals,
    );
    let opened = talk
        .open(&mut |notice| {
            clock.see(notice);
            found.see(notice, clock.encrypted);
        })
        .await;
    let result = match opened {
        Ok(()) => ask(&mut talk, &mut found, clock.encrypted).await,
        over => over,
    };
    let text = found.text(&title, security, &clock);
    // Whoever reads no more (`| head`) has seen enough.
    let _ = ends.out.write_all(text.as_bytes());
    let _ = ends.out.flush();
    match result {
        Ok(()) => exit::DONE,
        Err(Over(code)) => code,
    }
}

/// CAPABILITY, where the server has not told by itself, and LOGOUT.
async fn ask<E: Write>(
    talk: &mut Talk<'_, E>,
    found: &mut Findings,
    encrypted: bool,
) -> Result<(), Over> {
    let known = if encrypted {
        &found.after
    } else {
        &found.before
    };
    if known.is_none() {
        let command = Command::line(Origin::User, "CAPABILITY");
        talk.command(command, &mut |event| found.event(event, encrypted))
            .await?;
    }
    talk.log_out().await;
    Ok(())
}

impl Findings {
    fn see(&mut self, notice: &Notice, encrypted: bool) {
        match notice {
            Notice::Progress(Progress::Connected(address)) => self.address = *address,
            Notice::Tls(report) => self.tls = report.lines(),
            Notice::Progress(Progress::Secured(safety)) => self.safety = Some(safety.clone()),
            Notice::Events { events, .. } => {
                for event in events {
                    self.event(event, encrypted);
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, event: &Event, encrypted: bool) {
        match event {
            Event::Received(Piece::Text { bytes, .. }) if self.greeting.is_none() => {
                self.line.clone_from(bytes);
            }
            Event::Greeting(status) => {
                let line = output::shortened(&printable::line(
                    String::from_utf8_lossy(&self.line).trim_end(),
                ));
                self.greeting = Some((status.clone(), line));
            }
            Event::Capabilities(Some(capabilities)) if encrypted => {
                self.after = Some(capabilities.clone());
            }
            Event::Capabilities(Some(capabilities)) => self.before = Some(capabilities.clone()),
            _ => {}
        }
    }

    fn text(&self, title: &str, security: Security, clock: &Clock) -> String {
        let mut text = format!("{title}\n");
        let took = |step: Option<std::time::Duration>| {
            step.map_or_else(String::new, |step| format!(" in {} ms", millis(step)))
        };
        if let Some(address) = self.address {
            let _ = writeln!(
                text,
                "  connected   to {address}{}",
                took(clock.steps.connect)
            );
        }
        let greeting = self.greeting.as_ref().map(|(status, line)| {
            let meaning = match status.status {
                Status::Preauth => " (PREAUTH: logged in already, as whom it does not say)",
                Status::Bye => " (BYE: it does not want us)",
                _ => "",
            };
            format!(
                "  greeting   {}{meaning}\n              {line}\n",
                took(clock.steps.greeting)
            )
        });
        let handshake = match &self.safety {
            Some(LineSafety::Tls {
                version,
                cipher,
                verified,
            }) => {
                let verified = if *verified {
                    "certificate verified"
                } else {
                    "certificate NOT verified (--insecure)"
                };
                format!(
                    "  TLS         {version} {cipher}, {verified}{}\n",
                    took(clock.steps.tls)
                )
            }
            Some(LineSafety::Plain | LineSafety::PlainLoopback) => {
                "  TLS         none: what is sent here can be read on the way\n".to_owned()
            }
            _ => String::new(),
        };
        let details = self.tls.iter().fold(String::new(), |mut all, line| {
            let _ = writeln!(all, "              {}", printable::line(line));
            all
        });
        let greeting = greeting.unwrap_or_default();
        if security == Security::Implicit {
            text += &format!("{handshake}{details}{greeting}");
        } else {
            text += &format!("{greeting}{handshake}{details}");
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                section(&mut text, "Before TLS", before);
                let _ = writeln!(text, "\nTLS changed: {}", change(before, after));
                section(&mut text, "After TLS", after);
            }
            (Some(only), None) | (None, Some(only)) => section(&mut text, "Capabilities", only),
            (None, None) => {}
        }
        if let (Some(before), None) = (&self.before, &self.after)
            && before.has("STARTTLS")
            && security == Security::Plain
        {
            text += "\nSTARTTLS is offered: probe with -t \"\" shows what is behind it.\n";
        }
        text
    }
}

/// `+AUTH=PLAIN -STARTTLS`; `nothing`.
fn change(before: &CapabilitySet, after: &CapabilitySet) -> String {
    let new = after
        .iter()
        .filter(|name| !before.has(name))
        .map(|name| format!("+{name}"));
    let gone = before
        .iter()
        .filter(|name| !after.has(name))
        .map(|name| format!("-{name}"));
    match new.chain(gone).collect::<Vec<_>>() {
        list if list.is_empty() => "nothing".to_owned(),
        list => printable::line(&list.join(" ")),
    }
}

fn section(text: &mut String, title: &str, capabilities: &CapabilitySet) {
    let _ = writeln!(
        text,
        "\n{title}\n  {:<22}{}",
        "log in",
        logins(capabilities)
    );
    for name in capabilities.iter() {
        let upper = name.to_ascii_uppercase();
        if upper.starts_with("AUTH=") || ["LOGINDISABLED", "SASL-IR"].contains(&upper.as_str()) {
            continue;
        }
        let name = output::shortened(&printable::line(name));
        match meaning::of(&upper) {
            Some(meaning) => {
                let _ = writeln!(text, "  {name:<21} {meaning}");
            }
            None => {
                let _ = writeln!(text, "  {name}");
            }
        }
    }
}

/// The ways to log in, in words.
fn logins(capabilities: &CapabilitySet) -> String {
    let mut ways = capabilities.mechanisms();
    let sasl = !ways.is_empty();
    if !capabilities.has("LOGINDISABLED") {
        ways.push("the LOGIN command".to_owned());
    }
    if ways.is_empty() {
        return "not here (LOGINDISABLED: TLS first)".to_owned();
    }
    let mut words = printable::line(&ways.join(", "));
    if capabilities.has("LOGINDISABLED") {
        words += "; no LOGIN command (LOGINDISABLED)";
    }
    if sasl && capabilities.has("SASL-IR") {
        words += "; one round trip less (SASL-IR)";
    }
    words
}
