//! `compare TARGET TARGET [MAILBOX:UID]`: two servers or two users, asked the same; only reading. What differs
//! stands side by side, or as JSON; exit code 4 when something does. What is asked is `compare/inquiry.rs`'s.

use std::io::Write;

use super::mode::Ends;
use super::talk::{Over, Talk};
use super::{exit, output, password, signals};
use crate::channel::{Notice, Plan};
pub use crate::compare::Message;
use crate::compare::{Facts, Inquiry, Paired, Scope, Standing};
use crate::link::{self, Handle};
use crate::session::Event;
use crate::wire::response::{Response, Status};
use crate::wire::{CapabilitySet, Origin, Piece};

/// On this process's terminal.
pub async fn verb(plans: [Plan; 2], message: Option<&Message>, as_json: bool) -> u8 {
    let mut ends = Ends {
        out: std::io::stdout(),
        errors: std::io::stderr(),
        ask: password::on_terminal(),
        signals: signals::all(),
    };
    let connect = |plan| link::spawn(plan, None);
    run(plans, connect, message, as_json, &mut ends).await
}

/// Compares; returns the exit code.
pub async fn run<O: Write, E: Write>(
    plans: [Plan; 2],
    mut connect: impl FnMut(Plan) -> Handle,
    message: Option<&Message>,
    as_json: bool,
    ends: &mut Ends<O, E>,
) -> u8 {
    let names = plans.each_ref().map(|plan| {
        let who = plan.credentials.effective().unwrap_or("nobody").to_owned();
        format!("{who} at {}", plan.place)
    });
    let mut sides = Vec::new();
    for plan in plans {
        let mut talk = Talk::new(
            connect(plan),
            &mut ends.errors,
            &ends.ask,
            &mut ends.signals,
        );
        let facts = match learn(&mut talk, Scope::All(message.cloned())).await {
            Ok(facts) => facts,
            Err(Over(code)) => return code,
        };
        if let Some(sentence) = facts.trouble() {
            output::say(&mut ends.errors, sentence);
            return exit::REFUSED;
        }
        sides.push(facts);
    }
    let (Some(second), Some(first)) = (sides.pop(), sides.pop()) else {
        return exit::CONNECTION;
    };
    let paired = Paired::new(names, [first, second]);
    for note in &paired.notes {
        output::say(&mut ends.errors, note);
    }
    let text = match as_json {
        true => paired.in_json(),
        false => paired.in_columns(),
    };
    // Whoever reads no more (`| head`) has seen enough.
    let _ = ends.out.write_all(text.as_bytes());
    let _ = ends.out.flush();
    match paired.differing().next() {
        None => exit::DONE,
        Some(_) => exit::REFUSED,
    }
}

/// Asks for everything, and leaves.
async fn learn<E: Write>(talk: &mut Talk<'_, E>, scope: Scope) -> Result<Facts, Over> {
    let mut capabilities: Option<CapabilitySet> = None;
    talk.open(&mut |notice| {
        if let Notice::Events { events, .. } = notice {
            for event in events {
                if let Event::Capabilities(set) = event {
                    capabilities.clone_from(set);
                }
            }
        }
    })
    .await?;
    let standing = Standing {
        capabilities,
        ..Standing::default()
    };
    let mut inquiry = Inquiry::new(scope, standing);
    while let Some((number, question)) = inquiry.next_question() {
        let command = question.command(Origin::User, false);
        let answer = talk
            .command(command, &mut |event| match event {
                Event::Response {
                    response: Response::Untagged(data),
                    ..
                } => inquiry.heard(number, data),
                Event::Received(Piece::Literal { bytes, .. }) => inquiry.octets(number, bytes),
                _ => {}
            })
            .await?;
        let words = String::from_utf8_lossy(&answer.status.text);
        let refused = (answer.status.status != Status::Ok).then_some(&*words);
        inquiry.done(number, refused);
    }
    talk.log_out().await;
    Ok(inquiry.into_facts())
}
