//! `-z`: messages of five sizes stored and fetched back, timed, in a mailbox of its own that is removed
//! at the end: also when something fails, when the connection is lost, and on Ctrl+C.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::time::{Duration, Instant};

use super::clock::millis;
use super::exit;
use super::mode::Ends;
use super::reconnect::remembering;
use super::talk::{Over, Talk};
use crate::channel::{Notice, Plan};
use crate::link::Handle;
use crate::session::Event;
use crate::wire::encode::{self, Argument};
use crate::wire::response::{Response, Untagged};
use crate::wire::{Command, CommandPart, LiteralChoice, Origin, Piece};

/// Octets of a message, as imtest has them.
const SIZES: [usize; 5] = [200, 2_000, 20_000, 200_000, 2_000_000];
/// Messages of each size.
const TIMES: u32 = 10;
/// How long the mailbox may take to go away.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs it; returns the exit code.
pub async fn run<W: Write, E: Write>(
    plan: &Plan,
    mut connect: impl FnMut(Plan) -> Handle,
    ends: &mut Ends<W, E>,
) -> u8 {
    ends.ask = remembering(&ends.ask);
    let mut mailbox = None;
    let mut talk = Talk::new(
        connect(plan.clone()),
        &mut ends.errors,
        &ends.ask,
        &mut ends.signals,
    );
    let mut result = measure(&mut talk, &mut ends.out, &mut mailbox).await;
    if let Some(mailbox) = mailbox {
        let mut removed = talk.is_open() && remove(&mut talk, &mut ends.out, &mailbox).await;
        if !removed && !talk.is_open() {
            talk.say(&format!(
                "connecting again to remove the mailbox {mailbox} of this run"
            ));
            talk = Talk::new(
                connect(plan.clone()),
                &mut ends.errors,
                &ends.ask,
                &mut ends.signals,
            );
            removed = talk.open(&mut |_| {}).await.is_ok()
                && remove(&mut talk, &mut ends.out, &mailbox).await;
        }
        if !removed {
            let sentence =
                format!("the mailbox {mailbox} of this run could not be removed: DELETE it");
            talk.say(&sentence);
            result = result.and(Err(Over(exit::REFUSED)));
        }
    }
    if talk.is_open() {
        talk.log_out().await;
    }
    let _ = ends.out.flush();
    match result {
        Ok(()) => exit::DONE,
        Err(Over(code)) => code,
    }
}

/// Everything but the end. `made`: the mailbox, from the moment the server may have made it.
async fn measure<W: Write, E: Write>(
    talk: &mut Talk<'_, E>,
    out: &mut W,
    made: &mut Option<String>,
) -> Result<(), Over> {
    let mut logged_in = false;
    talk.open(&mut |notice| logged_in |= matches!(notice, Notice::LoggedIn { .. }))
        .await?;
    if !logged_in {
        talk.say("-z needs a mailbox of somebody's: add -a USER to log in");
        talk.log_out().await;
        return Err(Over(exit::USAGE));
    }
    let mailbox = place(talk).await?;
    *made = Some(mailbox.clone());
    let began = Instant::now();
    if let Err(over) = talk.must(about("CREATE ", &mailbox)).await {
        // Refused: there is nothing to remove.
        if over == Over(exit::REFUSED) && talk.is_open() {
            *made = None;
        }
        return Err(over);
    }
    let create = began.elapsed();
    let began = Instant::now();
    talk.must(about("SELECT ", &mailbox)).await?;
    let select = began.elapsed();
    let _ = writeln!(
        out,
        "mailbox {mailbox}, removed at the end; CREATE {} ms, SELECT {} ms\n\n\
         {:>10}{:>10}{:>14}{:>10}{:>14}{:>10}",
        millis(create),
        millis(select),
        "octets",
        "messages",
        "APPEND, ms",
        "MB/s",
        "FETCH, ms",
        "MB/s"
    );
    let mut number = 0;
    for size in SIZES {
        let message = message(size);
        let mut appends = Vec::new();
        let mut fetches = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            talk.must(append(&mailbox, &message)).await?;
            appends.push(began.elapsed());
        }
        for _ in 0..TIMES {
            number += 1;
            fetches.push(fetch(talk, number, size).await?);
        }
        let _ = writeln!(
            out,
            "{size:>10}{TIMES:>10}{}{}",
            columns(size, &appends),
            columns(size, &fetches)
        );
        let _ = out.flush();
    }
    Ok(())
}

/// Gets message `number` back; every octet must come.
async fn fetch<E: Write>(
    talk: &mut Talk<'_, E>,
    number: u32,
    size: usize,
) -> Result<Duration, Over> {
    let mut octets = 0;
    let command = Command::line(Origin::User, &format!("FETCH {number} BODY.PEEK[]"));
    let began = Instant::now();
    let answer = talk
        .command(command, &mut |event| {
            if let Event::Received(Piece::Literal { bytes, .. }) = event {
                octets += bytes.len();
            }
        })
        .await?;
    let took = began.elapsed();
    talk.accepted("FETCH", &answer)?;
    if octets != size {
        talk.say(&format!(
            "message {number} was stored with {size} octets and came back with {octets}"
        ));
        return Err(Over(exit::REFUSED));
    }
    Ok(took)
}

/// Leaves the mailbox and removes it.
async fn remove<W: Write, E: Write>(talk: &mut Talk<'_, E>, out: &mut W, mailbox: &str) -> bool {
    let work = async {
        // Not CLOSE, and not DELETE of what is selected: some servers end the connection then.
        talk.command(Command::line(Origin::User, "EXAMINE INBOX"), &mut |_| {})
            .await?;
        let began = Instant::now();
        talk.must(about("DELETE ", mailbox)).await?;
        Ok::<Duration, Over>(began.elapsed())
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(took)) => {
            let _ = writeln!(out, "\nDELETE {} ms", millis(took));
            true
        }
        _ => false,
    }
}

/// A name that nobody has, where the user may make mailboxes (RFC 2342).
async fn place<E: Write>(talk: &mut Talk<'_, E>) -> Result<String, Over> {
    let random = RandomState::new().build_hasher().finish() & 0xffff_ffff;
    let leaf = format!("imapsh-{random:08x}");
    let mut prefix = None;
    let mut delimiter = None;
    let mut look = |event: &Event| {
        let Event::Response {
            response: Response::Untagged(untagged),
            ..
        } = event
        else {
            return;
        };
        match untagged {
            Untagged::Namespace { personal, .. } => {
                if let Some(first) = personal.first() {
                    prefix = Some(String::from_utf8_lossy(&first.prefix).into_owned());
                }
            }
            Untagged::List(entry) => delimiter = entry.delimiter,
            _ => {}
        }
    };
    // An old server says BAD to NAMESPACE: then INBOX is the root of all that is the user's.
    talk.command(Command::line(Origin::User, "NAMESPACE"), &mut look)
        .await?;
    talk.command(Command::line(Origin::User, "LIST \"\" \"\""), &mut look)
        .await?;
    Ok(match (prefix, delimiter) {
        (Some(prefix), _) => format!("{prefix}{leaf}"),
        (None, Some(delimiter)) => format!("INBOX{delimiter}{leaf}"),
        (None, None) => leaf,
    })
}

fn about(verb: &str, mailbox: &str) -> Command {
    let mut command = Command::line(Origin::User, verb);
    // As the server spelled its prefix: nothing is encoded anew.
    encode::append(
        &mut command.parts,
        mailbox.as_bytes(),
        Argument::AString,
        false,
    );
    command
}

fn append(mailbox: &str, message: &[u8]) -> Command {
    let mut command = about("APPEND ", mailbox);
    encode::append_text(&mut command.parts, b" (\\Seen) ");
    command.parts.push(CommandPart::Literal {
        bytes: message.to_vec(),
        choice: LiteralChoice::Auto,
        binary: false,
        secret: false,
    });
    command
}

/// A message of exactly `size` octets.
fn message(size: usize) -> Vec<u8> {
    const LINE: &[u8] =
        b"0123456789 the quick brown fox jumps over the lazy dog 0123456789 abcdef\r\n";
    let mut message = format!(
        "Date: Mon, 7 Feb 1994 21:52:25 -0800\r\nFrom: imapsh@localhost\r\n\
         Subject: {size} octets\r\nMessage-ID: <{size}@imapsh.invalid>\r\n\r\n"
    )
    .into_bytes();
    while message.len() + LINE.len() + 2 <= size {
        message.extend_from_slice(LINE);
    }
    // The last line, up to the octet.
    let left = size.saturating_sub(message.len() + 2);
    message.extend(
        LINE.iter()
            .cycle()
            .filter(|b| b.is_ascii_alphanumeric())
            .take(left),
    );
    message.extend_from_slice(b"\r\n");
    message
}

/// Median and rate of messages of `size` octets.
fn columns(size: usize, times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let all: Duration = times.iter().sum();
    let octets = size as f64 * times.len() as f64;
    let rate = octets / all.as_secs_f64().max(1e-9) / 1e6;
    format!("{:>14}{rate:>10.2}", millis(median))
}
