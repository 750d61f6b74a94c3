//! What the connection task tells, and what the console makes of it.

use std::time::SystemTime;

use crate::channel::tls::TlsReport;
use crate::channel::{LineSafety, Notice, Progress, Request};
use crate::model::ConnectionState;
use crate::session::{Awaiting, CloseCause, CommandId, Event};
use crate::transcript::{NoteLevel, interpret};
use crate::wire::response::{Response, Status, StatusResponse};
use crate::wire::{CapabilitySet, Origin};

use super::capability_changes::Stage;
use super::{Console, Identity, InFlight, LastCommand, Phase};

/// Most commands whose completion is waited for.
const IN_FLIGHT: usize = 10_000;

impl Console {
    /// Takes a notice of the connection task; returns what the console itself wants to send.
    pub fn on_notice(&mut self, notice: Notice) -> Vec<Request> {
        match notice {
            Notice::Progress(progress) => self.progress(progress),
            Notice::Events { at, events } => {
                for event in &events {
                    self.transcript.record(at, event);
                    self.model.apply(event);
                    self.see(event);
                    self.safe_sees(event);
                    self.restored(event);
                    let over = match event {
                        Event::Completed { command, .. } | Event::Abandoned { command } => {
                            self.in_flight.remove(command)
                        }
                        _ => None,
                    };
                    self.event(at, event, over.as_ref());
                    self.changed(at, event, over.as_ref());
                    self.undo_sees(at, event);
                    self.remark(event, over.as_ref());
                    self.asks_hear(event);
                    self.mail_sees(event, over.as_ref());
                }
                self.changed_meanwhile(at);
                self.tell_capabilities(at);
                self.remember();
                let mut requests = self.restore_begin();
                requests.extend(self.out_of_writing());
                requests.extend(self.count_on());
                requests.extend(self.auto_begin());
                self.mail_settles();
                requests.extend(self.browse(false));
                return requests;
            }
            Notice::Tls(report) => self.secured(*report),
            Notice::PasswordWanted { authcid, authzid } => {
                self.password_wanted = Some((authcid, authzid))
            }
            Notice::LoggedIn {
                authcid,
                authzid,
                mechanism,
            } => {
                self.password_wanted = None;
                self.failure = None;
                self.is_now(Identity::LoggedIn {
                    authcid,
                    authzid,
                    mechanism,
                });
            }
            Notice::LoginFailed(sentence) => {
                self.password_wanted = None;
                self.note(NoteLevel::Alarm, &sentence);
                self.failure = Some(sentence);
            }
            Notice::Ready => {
                self.password_wanted = None;
                self.phase = Phase::Ready;
                let words = self.times.words();
                if !words.is_empty() {
                    self.note(NoteLevel::Info, &format!("Timing: {words}."));
                }
                let mut requests = self.restore_begin();
                requests.extend(self.auto_begin());
                return requests;
            }
            Notice::Ended { cause, sentence } => self.ended(&cause, sentence),
            Notice::Refused(sentence) => {
                self.submitted = self.submitted.saturating_sub(1);
                self.note(NoteLevel::Warning, &sentence);
                self.failure = Some(sentence);
            }
            Notice::Warning(sentence) => self.note(NoteLevel::Warning, &sentence),
            Notice::Info(sentence) => self.note(NoteLevel::Info, &sentence),
            Notice::Remark { at, text, warning } => {
                let level = match warning {
                    true => NoteLevel::Warning,
                    false => NoteLevel::Info,
                };
                self.transcript.note(at, level, &text);
            }
            Notice::Gauge(gauge) => self.gauge = gauge,
            Notice::Took { part, time } => self.times.took(part, time),
        }
        Vec::new()
    }

    fn progress(&mut self, progress: Progress) {
        if let Progress::Secured(safety) = &progress {
            self.line_safety = Some(safety.clone());
            self.see_standing();
        }
        // STARTTLS typed by the user makes progress too, when the opening is long over.
        if matches!(self.phase, Phase::NotConnected | Phase::Opening(_)) {
            self.phase = Phase::Opening(Some(progress));
        }
    }

    /// One line in the transcript; the whole is `:tls`'s.
    fn secured(&mut self, report: TlsReport) {
        // A refusal is told by the sentence the connection ends with.
        if report.session.is_some() {
            self.note(
                NoteLevel::Info,
                &format!("{} (:tls tells all)", report.summary()),
            );
        }
        if let Some(warning) = report.expiry_warning() {
            self.note(NoteLevel::Warning, &warning);
        }
        self.tls = Some(report);
    }

    fn ended(&mut self, cause: &CloseCause, sentence: String) {
        let clean = matches!(cause, CloseCause::Logout | CloseCause::Local);
        let (level, words) = interpret::close(cause);
        self.note(
            level,
            if sentence.is_empty() {
                &words
            } else {
                &sentence
            },
        );
        self.nothing_open();
        if !clean {
            self.failure = Some(if sentence.is_empty() {
                words
            } else {
                sentence.clone()
            });
        }
        self.phase = Phase::Ended { clean, sentence };
    }

    /// `over`: the command that this event ends.
    fn event(&mut self, at: SystemTime, event: &Event, over: Option<&InFlight>) {
        match event {
            Event::Started {
                command,
                tag,
                origin,
                verb,
            } => {
                if *origin == Origin::User {
                    self.who.started(*command, verb);
                }
                if *origin == Origin::User
                    && let Some(number) = tag.as_ref().and_then(|t| made_number(t.as_bytes()))
                    && number > self.last_tag
                {
                    self.last_tag = number;
                    self.submitted = self.submitted.saturating_sub(1);
                }
                if self.in_flight.len() < IN_FLIGHT {
                    let begun = InFlight {
                        tag: tag.clone(),
                        verb: verb.clone(),
                        origin: *origin,
                        index: self.transcript.command_count().checked_sub(1),
                    };
                    self.in_flight.insert(*command, begun);
                }
            }
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                if let Some(over) = over {
                    self.idle_over(&over.verb, over.origin);
                    if over.origin == Origin::User {
                        self.forget_suggestions();
                    }
                    if status.status == Status::Ok {
                        self.accepted(&over.verb, over.origin);
                    }
                    let text = String::from_utf8_lossy(&status.text).into_owned();
                    // What panes ask passes by; the user's own last command is what he wants to read.
                    let passing = over.origin == Origin::Panel && over.verb != "EXAMINE";
                    if !passing {
                        self.last_command = Some(LastCommand {
                            tag: over.tag.clone(),
                            verb: over.verb.clone(),
                            origin: over.origin,
                            status: status.status,
                            text,
                            elapsed: *elapsed,
                            server_time: interpret::server_time(&status.text),
                        });
                    }
                }
                self.over(at, *command);
            }
            Event::Abandoned { command } => {
                if let Some(InFlight {
                    tag, verb, origin, ..
                }) = over
                {
                    self.idle_over(verb, *origin);
                    if *origin == Origin::User || verb == "IDLE" {
                        let tag = tag.as_ref().map(|t| String::from_utf8_lossy(t.as_bytes()));
                        self.unanswered(&tag.unwrap_or_default(), verb);
                    }
                }
                self.over(at, *command);
            }
            Event::Greeting(StatusResponse {
                status: Status::Preauth,
                ..
            }) if !self.identity.is_logged_in() => {
                self.is_now(Identity::LoggedIn {
                    authcid: None,
                    authzid: None,
                    mechanism: "PREAUTH".to_owned(),
                });
            }
            Event::Response {
                response: Response::Untagged(data),
                ..
            } => {
                if let Some((level, text)) = self.hear(data) {
                    self.transcript.note(at, level, &text);
                }
            }
            Event::Capabilities(Some(set)) => self.capability_changes.learned(set),
            Event::Awaiting(awaiting) => {
                self.awaiting = *awaiting;
                self.cancelled = 0;
                if *awaiting != Awaiting::Challenge {
                    self.challenge = None;
                }
            }
            Event::Challenge { data } => {
                if !data.is_empty() {
                    let note = format!("challenge: {}", String::from_utf8_lossy(data));
                    self.transcript.note(at, NoteLevel::Info, &note);
                }
                self.challenge = Some(data.clone());
            }
            _ => {}
        }
    }

    /// A command is completed or abandoned.
    fn over(&mut self, at: SystemTime, command: CommandId) {
        if let Some(text) = self.who.over(command) {
            self.transcript.note(at, NoteLevel::Info, &text);
        }
    }

    /// What of the capabilities changed, once all that came with them is understood.
    fn tell_capabilities(&mut self, at: SystemTime) {
        let stage = match (self.model.state(), &self.line_safety) {
            (ConnectionState::Authenticated | ConnectionState::Selected, _) => Stage::LoggedIn,
            (_, Some(LineSafety::Tls { .. })) => Stage::UnderTls,
            _ => Stage::BeforeTls,
        };
        if let Some(text) = self.capability_changes.take(stage) {
            self.transcript.note(at, NoteLevel::Info, &text);
        }
    }

    /// What the server offered before anybody was logged in on this connection.
    pub fn offered_before_login(&self) -> Option<&CapabilitySet> {
        self.capability_changes.before_login()
    }

    fn idle_over(&mut self, verb: &str, origin: Origin) {
        if verb == "IDLE" && origin == Origin::User {
            self.auto.idles = self.auto.idles.saturating_sub(1);
        }
    }

    /// The server said OK to a command of the user's that changes who we are.
    fn accepted(&mut self, verb: &str, origin: Origin) {
        let argument = || {
            let argument = self.model.login_argument().unwrap_or_default();
            String::from_utf8_lossy(argument).into_owned()
        };
        match (verb, origin) {
            ("LOGIN", Origin::User) => {
                self.is_now(Identity::LoggedIn {
                    authcid: Some(argument()),
                    authzid: None,
                    mechanism: "LOGIN command".to_owned(),
                });
            }
            ("AUTHENTICATE", Origin::User) => {
                let mechanism = argument().to_ascii_uppercase();
                let ids = self.ids_by_hand.take().filter(|_| mechanism == "PLAIN");
                let (authcid, authzid) =
                    ids.map_or((None, None), |(authcid, authzid)| (Some(authcid), authzid));
                self.is_now(Identity::LoggedIn {
                    authcid,
                    authzid,
                    mechanism,
                });
            }
            ("UNAUTHENTICATE", _) => {
                self.is_now(Identity::Nobody);
            }
            _ => return,
        }
        self.failure = None;
    }
}

/// The number of a tag that the session made (`A0001`).
fn made_number(tag: &[u8]) -> Option<u64> {
    let digits = tag
        .strip_prefix(b"A")
        .filter(|d| d.len() >= 4 && d.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
