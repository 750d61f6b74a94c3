//! What comes on a connection whose turn it is.

use std::time::Instant;

use super::super::args::{Arg, parse, shown};
use super::conn::Incoming;
use super::group::Running;
use super::setup::Setup;
use super::{Pending, Play};
use crate::session::CloseCause;
use crate::snippet::player::Act;

/// A reply, taken apart.
enum Said {
    Untagged(Vec<Arg>),
    Tagged(Box<Pending>, Vec<Arg>),
    /// `+`: the session has answered it.
    GoAhead,
}

impl Play {
    /// No answer came in time.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        let first = self.pending.iter().map(|p| p.sent).min();
        first.is_some_and(|sent| now.saturating_duration_since(sent) >= self.patience())
    }

    fn said(&mut self, conn: usize, octets: &[u8], now: Instant) -> Result<Said, String> {
        let mut args = parse(octets, false)?;
        if args.is_empty() {
            return Ok(Said::GoAhead);
        }
        let first = args.remove(0);
        let Some(tag) = first.atom() else {
            return Err("a line without a tag".to_owned());
        };
        if tag == b"*" {
            return Ok(Said::Untagged(args));
        }
        if tag == b"+" {
            return Ok(Said::GoAhead);
        }
        let at = self
            .pending
            .iter()
            .position(|p| p.conn == conn && p.tag == tag);
        let Some(at) = at else {
            return Err(format!(
                "a result for {}, which is no command's tag",
                String::from_utf8_lossy(tag)
            ));
        };
        let status = ["OK", "NO", "BAD"].into_iter();
        let mut status = status.filter(|known| args.first().is_some_and(|first| first.is(known)));
        let Some(status) = status.next() else {
            return Err(format!(
                "a result that is no OK, NO or BAD: {}",
                shown(&args)
            ));
        };
        let mut pending = self.pending.remove(at);
        let time = now.saturating_duration_since(pending.sent);
        pending.record.time = time;
        status.clone_into(&mut pending.record.status);
        pending.record.code = args
            .get(1)
            .and_then(Arg::atom)
            .and_then(|word| word.strip_prefix(b"["))
            .map(|code| code.strip_suffix(b"]").unwrap_or(code))
            .map(|code| String::from_utf8_lossy(code).to_ascii_uppercase());
        Ok(Said::Tagged(Box::new(pending), args))
    }

    /// While the mailboxes are made. An error: it cannot be gone on with.
    pub(super) fn read_in_setup(
        &mut self,
        conn: usize,
        incoming: Incoming,
        setup: &mut Setup,
        now: Instant,
    ) -> Result<(), String> {
        let octets = match incoming {
            Incoming::Reply(octets) => octets,
            Incoming::Broken(what) => return Err(what),
            Incoming::Closed(cause) => return Err(ended(&cause)),
        };
        match self.said(conn, &octets, now)? {
            Said::GoAhead => Ok(()),
            Said::Untagged(reply) => {
                if let Some(state) = self.conn(conn) {
                    state.view.take(&reply)?;
                }
                self.note_in_setup(&reply, setup, false)
            }
            Said::Tagged(pending, reply) => {
                self.acts.push_back(Act::StepEnded(pending.record));
                self.note_in_setup(&reply, setup, true)
            }
        }
    }

    /// While a group is under way. False: it was the last thing that came on this connection.
    pub(super) fn read_in_group(
        &mut self,
        conn: usize,
        incoming: Incoming,
        running: &mut Running,
        now: Instant,
    ) -> Result<(), Dropped> {
        let octets = match incoming {
            Incoming::Reply(octets) => octets,
            Incoming::Broken(what) => return Err(Dropped::Because(what)),
            Incoming::Closed(cause) => return Err(Dropped::Closed(cause)),
        };
        match self.said(conn, &octets, now).map_err(Dropped::Because)? {
            Said::GoAhead => Ok(()),
            Said::Untagged(reply) => {
                let state = self.conn(conn);
                let bye = reply.first().is_some_and(|first| first.is("BYE"));
                let fine = match state {
                    Some(state) => {
                        state.bye |= bye;
                        state.view.take(&reply)
                    }
                    None => Ok(()),
                };
                self.compare(&reply, running);
                if let (Some(number), Some(word)) =
                    (reply.first().and_then(Arg::number), reply.get(1))
                    && word.is("EXPUNGE")
                {
                    self.vars.expunged(number);
                }
                fine.map_err(Dropped::Because)
            }
            Said::Tagged(pending, reply) => self.answered(*pending, &reply, running),
        }
    }
}

/// The connection cannot be gone on with.
#[derive(Debug)]
pub(super) enum Dropped {
    /// The server said what it must not.
    Because(String),
    /// It closed.
    Closed(CloseCause),
    /// It said BAD, and the script does not say `bad`. The group goes on to its end.
    Bad,
}

/// How a connection ended, in a few words.
pub(super) fn ended(cause: &CloseCause) -> String {
    match cause {
        CloseCause::Bye(text) => format!("* BYE {text}"),
        CloseCause::Failed(sentence) => sentence.clone(),
        CloseCause::Logout | CloseCause::Local => "the session was over".to_owned(),
        CloseCause::Closed => "the server closed the connection without a word".to_owned(),
    }
}
