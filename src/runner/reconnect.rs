//! `-n N`: so many connections with a login, one after another, and how long each step took. TLS
//! sessions are resumed where the server lets us: full handshakes and resumed ones stand side by side.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::clock::{Clock, Steps, millis};
use super::mode::Ends;
use super::password::Ask;
use super::talk::{Over, Talk};
use super::{exit, output};
use crate::channel::{Notice, Plan, Progress};
use crate::link::{Handle, Shared};
use crate::sasl::Secret;

/// One connection.
#[derive(Debug, Clone, Copy)]
struct Row {
    steps: Steps,
    /// LOGOUT, and the end of the connection.
    logout: Duration,
    all: Duration,
    /// `None`: without TLS.
    resumed: Option<bool>,
}

/// Runs it; returns the exit code.
pub async fn run<W: Write, E: Write>(
    plan: &Plan,
    mut connect: impl FnMut(Plan, &Shared) -> Handle,
    times: u32,
    ends: &mut Ends<W, E>,
) -> u8 {
    ends.ask = remembering(&ends.ask);
    let _ = writeln!(
        ends.out,
        "{:>5}{:>10}{:>10}  {:<9}{:>10}{:>10}{:>10}{:>10}",
        "ms", "connect", "TLS", "handshake", "greeting", "login", "LOGOUT", "all"
    );
    let mut rows = Vec::new();
    let mut code = exit::DONE;
    let shared = Shared::default();
    let mut resuming = true;
    for number in 1..=times {
        let mut broke = false;
        let mut result = if resuming {
            once(plan, |plan| connect(plan, &shared), ends, &mut broke).await
        } else {
            once(
                plan,
                |plan| connect(plan, &Shared::default()),
                ends,
                &mut broke,
            )
            .await
        };
        // A server that asks for client certificates and has no session id context breaks off each
        // handshake that resumes (OpenSSL; Dovecot with ssl_verify_client_cert).
        if result.is_err() && broke && resuming && number > 1 {
            resuming = false;
            output::say(
                &mut ends.errors,
                "the server may break off handshakes that resume an earlier session: going on with full ones",
            );
            result = once(
                plan,
                |plan| connect(plan, &Shared::default()),
                ends,
                &mut broke,
            )
            .await;
        }
        match result {
            Ok(row) => {
                let _ = writeln!(ends.out, "{number:>5}{}", row.text());
                let _ = ends.out.flush();
                rows.push((row.resumed, row.steps.tls.unwrap_or_default(), row.all));
            }
            Err(Over(why)) => {
                code = why;
                let sentence = format!("{} of {times} connections were made", number - 1);
                output::say(&mut ends.errors, &sentence);
                break;
            }
        }
    }
    // A reader that has gone (`| head`) has seen enough.
    let _ = ends.out.write_all(summary(&rows).as_bytes());
    let _ = ends.out.flush();
    code
}

async fn once<W: Write, E: Write>(
    plan: &Plan,
    connect: impl FnOnce(Plan) -> Handle,
    ends: &mut Ends<W, E>,
    broke: &mut bool,
) -> Result<Row, Over> {
    let began = Instant::now();
    let mut clock = Clock::default();
    let mut resumed = None;
    let mut asked = Duration::ZERO;
    let handle = connect(plan.clone());
    let mut talk = Talk::new(handle, &mut ends.errors, &ends.ask, &mut ends.signals);
    let mut waiting: Option<Instant> = None;
    talk.open(&mut |notice| {
        // How long somebody types a password is nobody's speed.
        asked += waiting
            .take()
            .map_or(Duration::ZERO, |since| since.elapsed());
        clock.see(notice);
        match notice {
            Notice::Tls(report) => {
                resumed = report.session.as_ref().map(|session| session.resumed);
            }
            Notice::Progress(Progress::TlsHandshake) => *broke = true,
            Notice::Progress(Progress::Secured(_)) => *broke = false,
            Notice::PasswordWanted { .. } => waiting = Some(Instant::now()),
            _ => {}
        }
    })
    .await?;
    let leaving = Instant::now();
    talk.log_out().await;
    let end = Instant::now();
    Ok(Row {
        steps: clock.steps,
        logout: end - leaving,
        all: (end - began).saturating_sub(asked),
        resumed,
    })
}

impl Row {
    fn text(&self) -> String {
        let step = |step: Option<Duration>| step.map_or_else(|| "-".to_owned(), millis);
        format!(
            "{:>10}{:>10}  {:<9}{:>10}{:>10}{:>10}{:>10}",
            step(self.steps.connect),
            step(self.steps.tls),
            match self.resumed {
                None => "-",
                Some(false) => "full",
                Some(true) => "resumed",
            },
            step(self.steps.greeting),
            step(self.steps.login),
            millis(self.logout),
            millis(self.all)
        )
    }
}

/// What it comes to: `5 connections, median 12.3 ms; 1 full handshake, median 4.1 ms; ...`.
fn summary(rows: &[(Option<bool>, Duration, Duration)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let all = median(rows.iter().map(|row| row.2));
    let mut text = format!(
        "\n{}, median {} ms",
        count(rows.len(), "connection"),
        millis(all)
    );
    let mut kind = |wanted: bool, name: &str| {
        let times = rows.iter().filter(|row| row.0 == Some(wanted));
        let number = times.clone().count();
        if number > 0 {
            text += &format!(
                "; {}, median {} ms",
                count(number, name),
                millis(median(times.map(|row| row.1)))
            );
        }
        number
    };
    let full = kind(false, "full handshake");
    let resumed = kind(true, "resumed handshake");
    if full > 1 && resumed == 0 {
        text += "; the server resumed none";
    }
    text + "\n"
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn median(durations: impl Iterator<Item = Duration>) -> Duration {
    let mut sorted: Vec<Duration> = durations.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// As `ask`, but it asks once and knows the answer from then on.
pub fn remembering(ask: &Ask) -> Ask {
    let ask = Ask::clone(ask);
    let known: Mutex<Option<Secret>> = Mutex::new(None);
    Ask::from(Box::new(move |prompt: &str| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = Some(ask(prompt)?);
        }
        known
            .clone()
            .ok_or_else(|| std::io::Error::other("no password"))
    })
        as Box<dyn Fn(&str) -> std::io::Result<Secret> + Send + Sync>)
}
