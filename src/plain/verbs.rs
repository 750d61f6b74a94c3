//! The console's verbs, `?` and `!`, in lines.

use std::io::{Result, Write};

use super::{Pending, Plain};
use crate::catalog;
use crate::channel::Request;
use crate::config::Account;
use crate::console::local::VERBS;
use crate::console::{DryLine, LocalAction, Phase, SubmitMode};
use crate::tui::printable;

/// Most candidates written.
const CANDIDATES: usize = 60;

const HELP: &[&str] = &[
    "Type a command; a tag is made for it. One of your own is taken as it is: a1 NOOP",
    "A line that is not complete (quote, bracket, {{{) goes on in the next one; Ctrl+C gives it up.",
    "{{{ and }}} on lines of their own make a literal; so does {@path}, from a file.",
    "? at the end of a line lists what can stand there; ?? is a question mark.",
    "!text brings back the newest command that begins with text, or holds it.",
    "An empty line, or DONE, ends IDLE. Ctrl+D logs out and quits.",
];

impl<W: Write> Plain<W> {
    pub(super) fn verb(&mut self, action: LocalAction) -> Result<()> {
        match action {
            LocalAction::Quit => {
                self.ended = true;
                self.quit()
            }
            LocalAction::QuitNow => {
                self.drop_line();
                Ok(())
            }
            LocalAction::Help => self.help(),
            LocalAction::LogIn if *self.console.phase() != Phase::Ready => self
                .show
                .say("There is no connection to log in on: :reconnect opens one."),
            LocalAction::LogIn if self.console.identity().is_logged_in() => self
                .show
                .say("Somebody is logged in already. :as USER acts as another user."),
            LocalAction::LogIn => {
                self.pending = Pending::User;
                Ok(())
            }
            LocalAction::Reconnect => match self.plan.clone() {
                Some(plan) => self.open(plan),
                None => self.show.say(":connect TARGET says where."),
            },
            LocalAction::Connect(None) => self
                .show
                .say(":connect wants HOST[:PORT], @profile or imaps://user@host behind it."),
            LocalAction::Connect(Some(target)) => {
                match Account::at(&target, self.config.as_deref()) {
                    Ok(account) => {
                        self.mailbox = account.url_mailbox.or(account.profile_mailbox);
                        self.open(account.plan)
                    }
                    Err(sentence) => self.show.say(&sentence),
                }
            }
            LocalAction::ActAs(None) => self.show.say(":as wants a user behind it."),
            LocalAction::ActAs(Some(user)) => {
                let Some(mut plan) = self
                    .plan
                    .clone()
                    .filter(|plan| plan.credentials.authcid.is_some())
                else {
                    return self.show.say("Nobody is logged in here: :login asks who.");
                };
                let own = plan.credentials.authcid.as_deref() == Some(user.as_str());
                plan.credentials.authzid = (!own).then_some(user);
                self.open(plan)
            }
            LocalAction::Close => {
                if *self.console.phase() != Phase::Ready {
                    return self.show.say("The connection is closed already. :q quits.");
                }
                let logout = crate::wire::Command::line(crate::wire::Origin::User, "LOGOUT");
                self.send(vec![Request::Submit(logout)]);
                Ok(())
            }
            LocalAction::Tls => {
                let lines = self.console.tls().map(|report| report.lines());
                match lines {
                    Some(lines) => lines.iter().try_for_each(|line| self.show.row(line)),
                    None => self.show.say(
                        "There was no TLS handshake on this connection: -s is TLS, -t \"\" is STARTTLS.",
                    ),
                }
            }
            LocalAction::Refresh => {
                let requests = self.console.refresh();
                let nothing = requests.is_empty();
                self.send(requests);
                match nothing {
                    true => self
                        .show
                        .say("There is nothing to ask: nobody is logged in."),
                    false => self
                        .show
                        .say("Asked; ? behind a command lists the mailboxes."),
                }
            }
            LocalAction::WhoAmI => match self.console.who_am_i() {
                Ok(requests) => {
                    self.send(requests);
                    Ok(())
                }
                Err(sentence) => self.show.say(&sentence),
            },
            LocalAction::Private(on) => {
                self.console.history().set_private(on);
                self.show.say(match on {
                    true => "Private: commands are not written to the history's file until :private off.",
                    false => "Commands are written to the history again.",
                })
            }
            LocalAction::DryRun(None) => self.show.say(":dry wants a command behind it."),
            LocalAction::DryRun(Some(text)) => self.dry_run(&text),
            LocalAction::Safe(mode) => {
                let requests = mode.map_or_else(Vec::new, |mode| self.console.set_safe_mode(mode));
                self.send(requests);
                match mode {
                    // A change stands in the transcript.
                    Some(_) => Ok(()),
                    None => self.show.say(self.console.safe_mode().sentence()),
                }
            }
            LocalAction::Why(text) => {
                for told in self.console.why(&text) {
                    self.show.row(&printable::text(&told.octets()))?;
                }
                Ok(())
            }
            LocalAction::Compare(_) | LocalAction::Beside(_) => self.show.say(
                "That is for the full screen; imapsh compare TARGET TARGET does it from the shell.",
            ),
            LocalAction::Tabs
            | LocalAction::GoTo(_)
            | LocalAction::Find(_)
            | LocalAction::Filter(_)
            | LocalAction::Mouse(_)
            | LocalAction::Theme(_)
            | LocalAction::Snippet(_)
            | LocalAction::Keyring(_)
            | LocalAction::Export { .. }
            | LocalAction::Record { .. } => self
                .show
                .say("That is for the full screen; --plain has lines only."),
        }
    }

    /// Opens another connection in the place of this one, which says goodbye first.
    fn open(&mut self, plan: crate::channel::Plan) -> Result<()> {
        if self.handle.is_none() || *self.console.phase() != Phase::Ready {
            self.connect(plan);
            return Ok(());
        }
        self.next = Some(plan);
        self.log_out();
        Ok(())
    }

    pub(super) fn log_in(&mut self, user: &str) -> Result<()> {
        if user.is_empty() {
            return self.show.say("Not logged in.");
        }
        let Some(plan) = &mut self.plan else {
            return Ok(());
        };
        plan.credentials.authcid = Some(user.to_owned());
        plan.credentials.secret = None;
        let credentials = plan.credentials.clone();
        self.send(vec![Request::LogIn(credentials)]);
        Ok(())
    }

    fn help(&mut self) -> Result<()> {
        for line in HELP {
            self.show.row(line)?;
        }
        for verb in VERBS {
            let name = format!("{} {}", verb.name, verb.argument);
            self.show
                .row(&format!("{}: {}", name.trim_end(), verb.help))?;
        }
        Ok(())
    }

    /// `?` at the end of a line: what can stand there.
    pub(super) fn candidates(&mut self, before: &str) -> Result<()> {
        if before.trim().is_empty() {
            self.help()?;
        }
        if let Some(typed) = before.trim_start().strip_prefix(':') {
            let typed = typed.split(' ').next().unwrap_or_default();
            for verb in VERBS {
                if verb.name.trim_start_matches(':').starts_with(typed) {
                    self.show
                        .row(&format!("{} {}: {}", verb.name, verb.argument, verb.help))?;
                }
            }
            return Ok(());
        }
        let found = catalog::complete(
            before,
            before.len(),
            self.console.model(),
            self.console.live(),
        );
        if found.is_empty() {
            return self.show.say("Nothing fits here.");
        }
        let more = found.len().saturating_sub(CANDIDATES);
        for candidate in found.into_iter().take(CANDIDATES) {
            // By what is to be typed; a mailbox also by its name, where that is another.
            let mut row = candidate.text.lines().next().unwrap_or_default().to_owned();
            if candidate.label != candidate.text && !candidate.label.is_empty() {
                row = format!("{row}   {}", candidate.label);
            }
            if !candidate.detail.is_empty() {
                row = format!("{row}   {}", candidate.detail);
            }
            self.show.row(&row)?;
        }
        if more > 0 {
            self.show
                .say(&format!("... and {more} more: type a letter and ?"))?;
        }
        Ok(())
    }

    pub(super) fn recall(&mut self, wanted: &str) -> Result<()> {
        match self.console.history().recall(wanted) {
            Some(text) => {
                for line in text.lines() {
                    self.show.row(line)?;
                }
                match self.interactive {
                    true => self.pending = Pending::Recalled(text),
                    // Nobody sees it first: a script sends nothing that it does not say.
                    false => self
                        .show
                        .say("Nothing was sent: !text is for somebody who types.")?,
                }
                Ok(())
            }
            None => self.show.say(&format!(
                "The history has no command with {wanted:?} in it."
            )),
        }
    }

    fn dry_run(&mut self, text: &str) -> Result<()> {
        match self.console.dry_run(text, SubmitMode::Normal) {
            Ok(lines) => lines.iter().try_for_each(|line| match line {
                DryLine::Sent(bytes) => self.show.row(&format!("C: {}", printable::text(bytes))),
                DryLine::Literal(bytes) => self.show.row(&format!("   {}", printable::text(bytes))),
                DryLine::Wait => self.show.row("S: + (its go-ahead is waited for)"),
                DryLine::Note(sentence) => self.show.row(sentence),
            }),
            Err(sentence) => self.show.say(&sentence),
        }
    }
}
