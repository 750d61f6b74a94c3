//! From a plan to a stream: dialing and TLS, while the task goes on hearing requests.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::AsyncWriteExt;

use crate::channel::{LineSafety, Notice, OpeningPart, Place, Progress, Request, Security};

use crate::sasl::Login;
use crate::session::ExchangeError;

use super::super::stream::{Carrier, Stream};
use super::super::tls::{Peer, Tls, TlsError};
use super::super::{DemoDialer, dial, proxy, tunnel};
use super::{End, Opening, Task, failed, local};

impl Task {
    /// Dials, and puts TLS on if it comes first.
    pub(super) async fn connect(&mut self, demo: Option<DemoDialer>) -> Result<Stream, End> {
        let needs_tls = self.plan.security != Security::Plain;
        if needs_tls {
            self.prepare_tls().await?;
        }
        let (carrier, safety) = match self.plan.place.clone() {
            Place::Demo => {
                let Some(mut dialer) = demo else {
                    return Err(failed("The demo server is not part of this program's start; this is a fault of imapsh.".into()));
                };
                self.say(Notice::Progress(Progress::Connected(None)));
                (Carrier::Memory(dialer()), LineSafety::Memory)
            }
            Place::Log(_) => {
                return Err(failed(
                    "A log is read, not connected to; this is a fault of imapsh.".into(),
                ));
            }
            Place::Unix(path) => {
                let limit = self.plan.limits.connect;
                self.patience(limit);
                let dialing = async { dial::unix(&path, limit).await };
                let socket = self
                    .meanwhile(dialing)
                    .await?
                    .map_err(|error| failed(error.to_string()))?;
                self.say(Notice::Progress(Progress::Connected(None)));
                (Carrier::Unix(socket), LineSafety::UnixSocket)
            }
            Place::Tunnel { command, .. } => {
                self.say(Notice::Progress(Progress::Starting(command.clone())));
                let (tunnel, keeper) =
                    tunnel::start(&command, self.notices.clone()).map_err(|error| {
                        failed(format!(
                            "The tunnel could not be started: {error}. It needs sh."
                        ))
                    })?;
                self.keeper = Some(keeper);
                self.say(Notice::Progress(Progress::Connected(None)));
                (Carrier::Tunnel(tunnel), LineSafety::Tunnel)
            }
            Place::Tcp { host, port } => {
                let notices = self.notices.clone();
                let limit = self.plan.limits.connect;
                let dialing = async move { dial::connect(&host, port, limit, &notices).await };
                let begun = Instant::now();
                let (socket, address) = self
                    .meanwhile(dialing)
                    .await?
                    .map_err(|error| failed(error.to_string()))?;
                self.say(Notice::Progress(Progress::Connected(Some(address))));
                self.took(OpeningPart::Connect, begun);
                let loopback = address.ip().to_canonical().is_loopback();
                (
                    Carrier::Tcp {
                        socket,
                        eager: false,
                    },
                    if loopback {
                        LineSafety::PlainLoopback
                    } else {
                        LineSafety::Plain
                    },
                )
            }
        };
        carrier.tune();
        let carrier = self.introduce(carrier).await?;
        let mut stream = Stream::Bare(carrier);
        self.safety = safety;
        if self.plan.security == Security::Implicit {
            stream = self.secure(stream, false).await?;
        } else {
            self.say(Notice::Progress(Progress::Secured(self.safety.clone())));
        }
        self.say(Notice::Progress(Progress::AwaitingGreeting));
        let now = Instant::now();
        self.opening = Opening::new(
            now,
            self.plan.security,
            self.opening.credentials().clone(),
            self.plan.limits.greeting,
            self.opening.surroundings().clone(),
        )
        .compressing(self.plan.network.compress);
        self.session.set_keepalive(self.plan.network.keepalive);
        Ok(stream)
    }

    /// Sends the PROXY header, if one is wanted.
    async fn introduce(&mut self, mut carrier: Carrier) -> Result<Carrier, End> {
        let Some(header) = self.plan.network.proxy else {
            return Ok(carrier);
        };
        let octets = proxy::octets(header, carrier.ends()).map_err(|e| failed(e.to_string()))?;
        let limit = self.plan.limits.connect;
        let sending = async {
            let sent = tokio::time::timeout(limit, carrier.write_all(&octets)).await;
            sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
        };
        self.meanwhile(sending).await?.map_err(|error| {
            failed(format!(
                "The PROXY header could not be sent: {error}. Does this port expect one (-H)?"
            ))
        })?;
        self.say(Notice::Info(proxy::words(header, &octets)));
        Ok(carrier)
    }

    async fn prepare_tls(&mut self) -> Result<(), End> {
        // A connection before this one has read the files, and told what there was to tell.
        if let Some(tls) = self.shared.get() {
            self.tls = Some(tls);
            return Ok(());
        }
        let trust = self.plan.trust.clone();
        let binds = self.opening.credentials().wants_binding();
        // Reads files.
        let prepared = self
            .meanwhile(tokio::task::spawn_blocking(move || {
                Tls::prepare(&trust, binds)
            }))
            .await?;
        let tls = prepared
            .map_err(|_| failed("TLS could not be set up; this is a fault of imapsh.".to_owned()))?
            .map_err(|error| failed(error.to_string()))?;
        for warning in &tls.warnings {
            self.pending.push_back(Notice::Warning(warning.clone()));
        }
        let tls = Arc::new(tls);
        self.shared.set(&tls);
        self.tls = Some(tls);
        Ok(())
    }

    /// Puts TLS on `stream`.
    pub(super) async fn secure(
        &mut self,
        stream: Stream,
        behind_starttls: bool,
    ) -> Result<Stream, End> {
        if self.tls.is_none() {
            self.prepare_tls().await?;
        }
        let Ok(carrier) = stream.into_carrier() else {
            return Err(failed("The server agreed to STARTTLS although TLS is on already; the connection was closed.".into()));
        };
        let Some(tls) = self.tls.take() else {
            return Err(failed(
                "TLS could not be set up; this is a fault of imapsh.".into(),
            ));
        };
        self.say(Notice::Progress(Progress::TlsHandshake));
        self.patience(self.plan.limits.greeting);
        let (host, port) = match &self.plan.place {
            Place::Tcp { host, port } => (host.clone(), *port),
            _ => (self.host().to_owned(), 0),
        };
        let patience = self.plan.limits.greeting;
        let peer = Peer {
            host,
            port,
            behind_starttls,
        };
        let handshake = async {
            (
                tokio::time::timeout(patience, tls.handshake(&peer, carrier)).await,
                &peer,
            )
        };
        let begun = Instant::now();
        let (result, peer) = self.meanwhile(handshake).await?;
        let secured = match result {
            Ok(Ok(secured)) => secured,
            Ok(Err(error)) => {
                let sentence = error.to_string();
                if let TlsError::Handshake {
                    report: Some(report),
                    ..
                } = error
                {
                    self.say(Notice::Tls(report));
                }
                return Err(failed(sentence));
            }
            Err(_) => {
                return Err(failed(format!(
                    "{} port {} did not finish the TLS handshake within {}. If it speaks plain text first, leave \
                     -s out or try -t \"\" (STARTTLS).",
                    peer.host,
                    peer.port,
                    dial::seconds(patience)
                )));
            }
        };
        self.took(OpeningPart::Tls, begun);
        self.tls = Some(tls);
        self.safety = secured.safety;
        self.opening.bound(secured.bindings);
        self.say(Notice::Progress(Progress::Secured(self.safety.clone())));
        self.say(Notice::Tls(Box::new(secured.report)));
        if let Some(warning) = secured.warning {
            self.say(Notice::Warning(warning));
        }
        Ok(secured.stream)
    }

    /// Makes the exchange of a login that asks others first (GSSAPI: the KDC). In a thread that nobody waits
    /// for at the end: Kerberos' time-outs are long, and a runtime waits for its blocking tasks.
    pub(super) async fn exchange(&mut self, login: Login) -> Result<(), End> {
        let credentials = self.opening.credentials().clone();
        let surroundings = self.opening.surroundings().clone();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = sender.send(login.exchange(&credentials, &surroundings));
        });
        let patience = self.plan.limits.greeting;
        self.patience(patience);
        let made = self
            .meanwhile(tokio::time::timeout(patience, receiver))
            .await?;
        let made = match made {
            Ok(Ok(made)) => made,
            Ok(Err(_)) => Err(ExchangeError(format!(
                "{} could not be started; this is a fault of imapsh.",
                login.name()
            ))),
            Err(_) => Err(ExchangeError(format!(
                "Kerberos did not answer within {}: nothing was sent. Look at the network, and at [realms] in \
                 krb5.conf.",
                dial::seconds(patience)
            ))),
        };
        let now = Instant::now();
        let steps = self.opening.prepared(&mut self.session, now, login, made);
        self.perform(steps);
        Ok(())
    }

    fn took(&mut self, part: OpeningPart, begun: Instant) {
        let time = begun.elapsed();
        self.say(Notice::Took { part, time });
    }

    /// Waits for `work` while notices go up and requests are heard. `Err`: the user wants to close.
    async fn meanwhile<F: Future>(&mut self, work: F) -> Result<F::Output, End> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                permit = self.notices.reserve(), if !self.pending.is_empty() => {
                    let Ok(permit) = permit else { return Err(local()) };
                    if let Some(notice) = self.pending.pop_front() {
                        permit.send(notice);
                    }
                }
                request = self.requests.recv() => match request {
                    None | Some(Request::Close) => return Err(local()),
                    Some(request) => self.held.push_back(request),
                },
                output = &mut work => return Ok(output),
            }
        }
    }
}
