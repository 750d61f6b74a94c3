//! One connection of a row: opened and logged in, used, given back or closed. Refusals of a server that has enough
//! are waited out here, before anything of the row was sent.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::throttle::Seat;
use super::{Engine, Refusal};
use crate::channel::{Notice, Plan, Progress, Request, Security};
use crate::link::Handle;
use crate::session::{CloseCause, Event};
use crate::snippet::Who;
use crate::snippet::value::names_in;
use crate::tui::printable;
use crate::wire::response::{ResponseCode, Status, StatusResponse};
use crate::wire::{CapabilitySet, Command, Origin, Piece};

/// How long a server may take to answer LOGOUT, or UNAUTHENTICATE.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long refusals of a server that says it has enough are waited out.
const LONG: Duration = Duration::from_secs(120);
/// How often what may be a passing trouble is tried again.
const TRIES: u32 = 3;
/// How long it is given to pass, the first time.
const PASSING: Duration = Duration::from_millis(200);
/// Refused logins of one who acts for others before none has succeeded: then it is taken to be their own fault.
const LOGINS: u32 = 5;
/// Where no connection comes about.
const NO_BETTER: &str = "Other rows would fare no better: none is begun.";
/// Lines of the conversation that are kept for the case that it goes wrong.
const TAIL: usize = 40;
/// Octets of each.
const TAIL_LINE: usize = 400;

/// A connection that is open.
pub(super) struct Line<'e> {
    handle: Handle,
    pub who: Who,
    /// Who it is for the server, as far as we know.
    pub user: String,
    /// The authzid in force, if it is not the one who logged in.
    pub acting: bool,
    pub capabilities: Option<CapabilitySet>,
    /// [`Notice::Ended`] has come.
    pub ended: bool,
    tail: VecDeque<(bool, Vec<u8>)>,
    seat: Seat<'e>,
}

/// What opening came to.
enum Opening {
    Ready(Handle),
    /// Nobody got in; `retry`: whether that may pass, and whether the server said that it has enough.
    Refused {
        refusal: Refusal,
        retry: Option<bool>,
        resumed: bool,
    },
    Over,
}

/// What came while it was opened.
#[derive(Default)]
struct Seen {
    events: Vec<Event>,
    capabilities: Option<CapabilitySet>,
    last: Option<StatusResponse>,
    greeted: bool,
    handshaking: bool,
}

impl Seen {
    fn take(&mut self, events: Vec<Event>) {
        for event in &events {
            match event {
                Event::Greeting(status) => self.greeted = status.status != Status::Bye,
                Event::Capabilities(set) => self.capabilities = set.clone(),
                Event::Completed { status, .. } => self.last = Some(status.clone()),
                _ => {}
            }
        }
        self.events.extend(events);
    }

    fn code(&self) -> String {
        match self.last.as_ref().and_then(|status| status.code.as_ref()) {
            Some(ResponseCode::Other { name, .. }) => name.to_ascii_uppercase(),
            _ => String::new(),
        }
    }
}

impl Engine {
    /// Opens a connection for `who`, with everything that came on it until it was open; for `own` see
    /// [`super::throttle::Throttle::seat`].
    ///
    /// # Errors
    /// Why not; `None`: the run is over.
    pub(super) async fn line<'e>(
        &'e self,
        who: &Who,
        row_password: Option<&str>,
        own: usize,
    ) -> Result<(Line<'e>, Vec<Event>), Option<Refusal>> {
        let mut plan = self.job.dial.plan(who).map_err(|sentence| {
            Some(Refusal {
                login: false,
                sentence,
                refused: None,
                ends_all: None,
            })
        })?;
        // `authn: ${user}` with a column `password`.
        let own_password = row_password.filter(|_| who.authn.is_some());
        if let Some(password) = own_password {
            plan.credentials.secret = Some(crate::sasl::Secret::new(password.to_owned()));
        }
        let common = own_password.is_none() && self.has_common_login();
        self.passwords.fill(&mut plan);
        let starttls = plan.security == Security::StartTls;
        self.starts_tls.store(starttls, Ordering::Relaxed);
        let user = plan.credentials.effective().unwrap_or_default().to_owned();
        let acting = plan.credentials.acts_for_another();
        if own == 0
            && let Some(line) = self.reuse(who, &plan, &user, acting).await
        {
            return Ok((line, Vec::new()));
        }
        let began = Instant::now();
        let mut tries = 0;
        loop {
            let seat = tokio::select! {
                seat = self.throttle.seat(own) => seat,
                () = self.gate.over() => return Err(None),
            };
            let mut seen = Seen::default();
            let resume = self.resumes();
            let handle = self.job.dial.open(plan.clone(), resume);
            match self.open(handle, &mut seen).await {
                Opening::Over => return Err(None),
                Opening::Ready(handle) => {
                    self.throttle.accepted();
                    let line = Line {
                        handle,
                        who: who.clone(),
                        user,
                        acting,
                        capabilities: seen.capabilities.take(),
                        ended: false,
                        tail: VecDeque::new(),
                        seat,
                    };
                    return Ok((line, seen.events));
                }
                Opening::Refused {
                    mut refusal,
                    retry,
                    resumed,
                } => {
                    tries += 1;
                    if resumed && resume && self.throttle.ever() {
                        // Some servers break off each handshake that resumes a session (OpenSSL with client
                        // certificates and no session id context): full ones from now on.
                        self.resume_no_more();
                        continue;
                    }
                    let again = match retry {
                        Some(true) => began.elapsed() < LONG,
                        Some(false) => tries < TRIES,
                        None => false,
                    };
                    if !again {
                        if common && refusal.ends_all.is_none() {
                            refusal.ends_all = self.ends_all(&refusal, &plan);
                        }
                        return Err(Some(refusal));
                    }
                    if retry == Some(false) {
                        // This one's trouble, most likely: no reason to be slower with others.
                        tokio::select! {
                            () = tokio::time::sleep(PASSING * tries) => continue,
                            () = self.gate.over() => return Err(None),
                        }
                    }
                    if let Some(fewer) = self.throttle.refused() {
                        self.note(format!(
                            "The server refuses more connections ({}): {fewer} at a time from now on.",
                            refusal.sentence.trim_end_matches('.')
                        ))
                        .await;
                    }
                }
            }
        }
    }

    /// Whether every row logs in as the same, whomever it acts for then.
    fn has_common_login(&self) -> bool {
        let header = &self.job.script.header;
        let mut both = [&header.authn, &header.profile].into_iter().flatten();
        both.all(|template| names_in(template).next().is_none())
    }

    /// Why other rows would fare no better than one whose login, which is that of all, was refused. More tries
    /// with a wrong password may lock the account.
    fn ends_all(&self, refusal: &Refusal, plan: &Plan) -> Option<String> {
        let code = refusal.refused.as_deref()?;
        if code == "AUTHORIZATIONFAILED" {
            // Who logged in is right, says RFC 5530 section 3; whom to act for is this row's own.
            self.throttle.is_right();
            return None;
        }
        let refusals = self.throttle.login_refused();
        if refusals == 0 {
            return None;
        }
        let who = plan.credentials.authcid.as_deref().unwrap_or("nobody");
        if !plan.credentials.acts_for_another() {
            return Some(format!("Every row logs in as {who}: no other is begun."));
        }
        // A server that says the same of a wrong password and of a user who is not there: who acts for the
        // row may be right for others.
        (refusals >= LOGINS).then(|| {
            format!(
                "{refusals} logins as {who}, for rows from all over the list, were refused and none has \
                 succeeded: the password of {who} may be wrong, and more tries may lock the account. No other \
                 row is begun."
            )
        })
    }

    async fn open(&self, mut handle: Handle, seen: &mut Seen) -> Opening {
        let refused =
            |sentence: String, login: bool, retry: Option<bool>, resumed: bool| Opening::Refused {
                refusal: Refusal {
                    login,
                    sentence,
                    refused: None,
                    ends_all: None,
                },
                retry,
                resumed,
            };
        loop {
            let notice = tokio::select! {
                notice = handle.notices.recv() => notice,
                () = self.gate.over() => return Opening::Over,
            };
            match notice {
                Some(Notice::Events { events, .. }) => seen.take(events),
                Some(Notice::Ready) => return Opening::Ready(handle),
                Some(Notice::Progress(Progress::TlsHandshake)) => seen.handshaking = true,
                Some(Notice::Progress(Progress::Secured(safety))) => {
                    seen.handshaking = false;
                    self.secured(safety).await;
                }
                Some(Notice::PasswordWanted { authcid, authzid }) => {
                    let answer = self.passwords.wanted(self, &authcid, authzid).await;
                    let _ = handle.requests.send(Request::Password(answer));
                }
                Some(Notice::LoginFailed(sentence)) => {
                    let _ = handle.requests.send(Request::Close);
                    let enough = says_enough(&seen.last);
                    let passing = matches!(seen.code().as_str(), "UNAVAILABLE" | "INUSE" | "LIMIT");
                    let retry = (enough || passing).then_some(enough);
                    let mut opening = refused(sentence, true, retry, false);
                    if let Opening::Refused { refusal, .. } = &mut opening {
                        refusal.refused = retry.is_none().then(|| seen.code());
                    }
                    return opening;
                }
                Some(Notice::Ended { cause, sentence }) => {
                    let sentence = match (sentence.as_str(), &cause) {
                        ("", CloseCause::Bye(text)) => format!("The server said BYE: {text}"),
                        ("", _) => "The server closed the connection before the login.".to_owned(),
                        (sentence, _) => sentence.to_owned(),
                    };
                    let bye = matches!(cause, CloseCause::Bye(_));
                    let ever = self.throttle.ever();
                    let retry = (bye || ever).then_some(bye);
                    // One that greeted works: this login does not.
                    let login = bye || seen.greeted;
                    let mut opening = refused(sentence, login, retry, seen.handshaking);
                    if let Opening::Refused { refusal, .. } = &mut opening
                        && !ever
                        && !seen.greeted
                        && self.job.script.header.profile.is_none()
                    {
                        refusal.ends_all = Some(NO_BETTER.to_owned());
                    }
                    return opening;
                }
                Some(_) => {}
                None => {
                    let sentence = "The connection ended before it was open.".to_owned();
                    return refused(sentence, false, None, false);
                }
            }
        }
    }

    /// A connection of a row that has ended, if the server offers UNAUTHENTICATE (RFC 8437).
    async fn reuse<'e>(
        &'e self,
        who: &Who,
        plan: &Plan,
        user: &str,
        acting: bool,
    ) -> Option<Line<'e>> {
        if self.has_greeting {
            return None;
        }
        let seat = tokio::select! {
            seat = self.throttle.seat(0) => seat,
            () = self.gate.over() => return None,
        };
        let (mut handle, was) = self.idle_line(who.profile.as_deref())?;
        let mut seen = Seen {
            capabilities: was,
            ..Seen::default()
        };
        // Not the program's own idea: the user runs the snippet as all of them.
        let command = Command::line(Origin::User, "UNAUTHENTICATE");
        let _ = handle.requests.send(Request::Submit(command));
        let done = tokio::time::timeout(PATIENCE, async {
            loop {
                match handle.notices.recv().await? {
                    Notice::Events { events, .. } => {
                        seen.take(events);
                        if let Some(status) = seen.last.take() {
                            return (status.status == Status::Ok).then_some(());
                        }
                    }
                    Notice::Ended { .. } | Notice::Refused(_) => return None,
                    _ => {}
                }
            }
        });
        done.await.ok()??;
        let _ = handle
            .requests
            .send(Request::LogIn(plan.credentials.clone()));
        match self.open(handle, &mut seen).await {
            Opening::Ready(handle) => {
                self.throttle.accepted();
                Some(Line {
                    handle,
                    who: who.clone(),
                    user: user.to_owned(),
                    acting,
                    capabilities: seen.capabilities,
                    ended: false,
                    tail: VecDeque::new(),
                    seat,
                })
            }
            // A new connection says why, if there is a reason.
            Opening::Refused { .. } | Opening::Over => None,
        }
    }
}

/// Whether the server says that it has enough connections, not that something is wrong with this login.
fn says_enough(status: &Option<StatusResponse>) -> bool {
    let text = status.as_ref().map(|status| status.text.as_slice());
    let text = String::from_utf8_lossy(text.unwrap_or_default()).to_ascii_lowercase();
    // Dovecot: "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)".
    text.contains("number of connections") || text.contains("too many")
}

impl Line<'_> {
    /// Asks the connection task for something.
    pub fn send(&self, request: Request) {
        let _ = self.handle.requests.send(request);
    }

    /// The next notice, if one is here.
    pub fn poll(&mut self, context: &mut std::task::Context<'_>) -> Poll<Option<Notice>> {
        if self.ended {
            return Poll::Pending;
        }
        let polled = self.handle.notices.poll_recv(context);
        if matches!(&polled, Poll::Ready(None | Some(Notice::Ended { .. }))) {
            self.ended = true;
        }
        if let Poll::Ready(Some(Notice::Events { events, .. })) = &polled {
            events.iter().for_each(|event| self.note(event));
        }
        polled
    }

    fn note(&mut self, event: &Event) {
        let (ours, piece) = match event {
            Event::Sent { piece, .. } => (true, piece),
            Event::Received(piece) => (false, piece),
            Event::Capabilities(set) => {
                self.capabilities = set.clone();
                return;
            }
            _ => return,
        };
        let Piece::Text { bytes, .. } = piece else {
            return;
        };
        if self.tail.len() >= TAIL {
            self.tail.pop_front();
        }
        let kept = bytes.get(..TAIL_LINE).unwrap_or(bytes);
        self.tail.push_back((ours, kept.to_vec()));
    }

    /// The last lines of the conversation, for people.
    pub fn tail(&self) -> Vec<String> {
        let shown = |(ours, bytes): &(bool, Vec<u8>)| {
            let side = if *ours { "C" } else { "S" };
            format!("{side}: {}", printable::text(bytes.trim_ascii_end()))
        };
        self.tail.iter().map(shown).collect()
    }

    /// Whether another row may log in on it: nothing is in flight, and the server offers that.
    pub fn is_reusable(&self) -> bool {
        let offers = (self.capabilities.as_ref()).is_some_and(|set| set.has("UNAUTHENTICATE"));
        offers && !self.ended
    }

    /// The connection alone.
    pub fn into_handle(self) -> (Handle, Option<CapabilitySet>) {
        (self.handle, self.capabilities)
    }

    /// LOGOUT, and the end of the connection; drops it if that takes long, or if `polite` is false.
    pub async fn close(mut self, polite: bool) {
        if self.ended {
            return;
        }
        if !polite {
            self.send(Request::Close);
            return;
        }
        self.send(Request::Submit(Command::line(Origin::Program, "LOGOUT")));
        let over = tokio::time::timeout(PATIENCE, async {
            while let Some(notice) = self.handle.notices.recv().await {
                if matches!(notice, Notice::Ended { .. }) {
                    return;
                }
            }
        });
        if over.await.is_err() {
            let _ = self.handle.requests.send(Request::Close);
        }
        // Only now there is room for another.
        drop(self.seat);
    }
}
