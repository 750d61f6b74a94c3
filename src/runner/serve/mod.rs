//! `-x SOCKET`, `-X SOCKET`: a session that is logged in, for other programs, one after another.
//!
//! A program connects to the unix socket, is greeted with PREAUTH and speaks IMAP: it never sees a
//! password. Its LOGOUT ends its visit, not the session. Between two visits the mailbox is left without
//! EXPUNGE. The mode ends when the server ends the connection, or with a signal.

pub mod detach;
mod inbound;
mod visit;

use std::io::Write;
use std::path::Path;

use super::exit;
use super::mode::Ends;
use super::talk::{Over, Talk};
use crate::channel::{Notice, Plan};
use crate::link::Handle;
use crate::link::door::Door;
use crate::session::Event;
use crate::wire::CapabilitySet;

/// What a visitor is told of the session.
struct Standing {
    /// `craig on localhost port 143`.
    who: String,
    capabilities: Option<CapabilitySet>,
}

/// Runs it; returns the exit code. `ready` is called once programs can connect.
pub async fn run<W: Write, E: Write>(
    plan: &Plan,
    connect: impl FnOnce(Plan) -> Handle,
    socket: &Path,
    ready: impl FnOnce(),
    ends: &mut Ends<W, E>,
) -> u8 {
    if let Err(error) = Door::check(socket) {
        super::output::say(&mut ends.errors, &error.to_string());
        return exit::USAGE;
    }
    let place = plan.place.to_string();
    let mut talk = Talk::new(
        connect(plan.clone()),
        &mut ends.errors,
        &ends.ask,
        &mut ends.signals,
    );
    let result = serve(&mut talk, &place, socket, ready).await;
    if talk.is_open() {
        talk.log_out().await;
    }
    match result {
        Ok(()) => exit::DONE,
        Err(Over(code)) => code,
    }
}

async fn serve<E: Write>(
    talk: &mut Talk<'_, E>,
    place: &str,
    socket: &Path,
    ready: impl FnOnce(),
) -> Result<(), Over> {
    let mut name = None;
    let mut standing = Standing {
        who: String::new(),
        capabilities: None,
    };
    talk.open(&mut |notice| {
        if let Notice::LoggedIn {
            authcid, authzid, ..
        } = notice
        {
            name = Some(authzid.clone().or_else(|| authcid.clone()));
        }
        standing.see(notice);
    })
    .await?;
    let Some(name) = name else {
        talk.say("-x serves a session that is logged in: add -a USER");
        return Err(Over(exit::USAGE));
    };
    let name = name.unwrap_or_else(|| "somebody (PREAUTH)".to_owned());
    standing.who = format!("{name} on {place}");
    let door = match Door::open(socket) {
        Ok(door) => door,
        Err(error) => {
            talk.say(&error.to_string());
            return Err(Over(exit::USAGE));
        }
    };
    talk.say(&format!(
        "serving the session of {} on {}",
        standing.who,
        door.path().display()
    ));
    ready();
    loop {
        let visitor = tokio::select! {
            notice = talk.notice() => {
                standing.see(&notice?);
                continue;
            }
            visitor = door.next() => visitor,
        };
        match visitor {
            Ok(visitor) => visit::receive(talk, visitor, &mut standing).await?,
            Err(error) => {
                talk.say(&format!("a program could not be let in: {error}"));
                return Err(Over(exit::CONNECTION));
            }
        }
    }
}

impl Standing {
    fn see(&mut self, notice: &Notice) {
        if let Notice::Events { events, .. } = notice {
            for event in events {
                if let Event::Capabilities(Some(capabilities)) = event {
                    self.capabilities = Some(capabilities.clone());
                }
            }
        }
    }

    /// The first line for a visitor.
    fn greeting(&self) -> String {
        let code = self
            .capabilities
            .as_ref()
            .map_or_else(String::new, |capabilities| {
                let names: Vec<&str> = capabilities.iter().collect();
                format!("[CAPABILITY {}] ", names.join(" "))
            });
        format!("* PREAUTH {code}imapsh: the session of {}\r\n", self.who)
    }

    /// Leaves a mailbox without EXPUNGE: UNSELECT (RFC 3691), or an EXAMINE that must fail (RFC 9051
    /// section 6.3.2: the mailbox before it is left all the same).
    fn leave(&self) -> &'static str {
        let unselect = self
            .capabilities
            .as_ref()
            .is_some_and(|c| c.has("UNSELECT"));
        if unselect {
            "UNSELECT"
        } else {
            "EXAMINE \"imapsh leaves the mailbox: no such name\""
        }
    }
}
