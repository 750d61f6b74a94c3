//! A conversation between two others, overheard: both sides' bytes in, the events of a session out.
//!
//! For logs that other programs wrote. Nothing is sent, nothing is refused, and secrets are masked as in
//! a session of our own: what LOGIN and AUTHENTICATE carry never comes out of here.

use std::collections::VecDeque;
use std::time::Instant;

use super::outbox::Kind;
use super::pending::{InFlight, Pending};
use super::sending::announcement;
use super::{CloseCause, CommandId, Event};
use crate::wire::command::{MASK, masked};
use crate::wire::response::{Response, ResponseCode, Status, StatusResponse, Untagged};
use crate::wire::secret::Masker;
use crate::wire::{
    CapabilitySet, Command, CommandPart, Direction, Ending, FrameBuilder, Framer, LiteralMode,
    Origin, Piece, Tag, TagChoice,
};

/// Most commands whose completion is waited for: a log of the client's side alone has none.
const IN_FLIGHT: usize = 1_000;

/// Listens to one connection.
#[derive(Debug)]
pub struct Observer {
    now: Instant,
    client: Framer,
    server: Framer,
    frame: FrameBuilder,
    pending: Pending,
    /// The client's frame under way.
    speaking: Option<Speaking>,
    /// What the client's next line may be besides a command.
    open: Open,
    greeted: bool,
    capabilities: Option<CapabilitySet>,
    events: VecDeque<Event>,
    last_id: u64,
}

/// What was begun and lets the client speak without a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Authenticate {
        id: CommandId,
        /// The server said `+` and has no answer yet.
        asked: bool,
    },
    Idle(CommandId),
}

#[derive(Debug)]
struct Speaking {
    id: CommandId,
    masker: Masker,
    /// All of it: the answer to a challenge.
    secret: bool,
    /// The literal under way: secret, and its mask is out.
    hidden: bool,
    shown: bool,
    /// No octet of the announced literal has passed.
    untouched: bool,
}

impl Observer {
    /// Nothing was heard yet.
    pub fn new(now: Instant) -> Observer {
        Observer {
            now,
            client: Framer::new(Direction::Client),
            server: Framer::new(Direction::Server),
            frame: FrameBuilder::default(),
            pending: Pending::default(),
            speaking: None,
            open: Open::Nothing,
            greeted: false,
            capabilities: None,
            events: VecDeque::new(),
            last_id: 0,
        }
    }

    /// The client said this, in whatever cut.
    pub fn client(&mut self, now: Instant, bytes: &[u8]) {
        self.now = self.now.max(now);
        self.greeted = true;
        let mut input = bytes;
        while let Some(piece) = self.client.next(&mut input) {
            self.client_piece(piece);
        }
    }

    /// The server said this, in whatever cut.
    pub fn server(&mut self, now: Instant, bytes: &[u8]) {
        self.now = self.now.max(now);
        let mut input = bytes;
        while let Some(piece) = self.server.next(&mut input) {
            self.server_piece(piece);
        }
    }

    /// Octets of the server's literal that are still to come.
    pub fn server_owes(&self) -> u64 {
        self.server.pending_literal()
    }

    /// What the server began was never logged to its end: the next byte begins a response.
    pub fn cut_server(&mut self) {
        if let Some(piece) = self.server.close() {
            self.server_piece(piece);
        }
    }

    /// The log is at its end, or goes on with another connection.
    pub fn end(&mut self) {
        self.cut_server();
        if let Some(piece) = self.client.close() {
            self.client_piece(piece);
        }
        let _ = self.pending.drain().count();
        self.events.push_back(Event::Closed(CloseCause::Local));
    }

    /// What was heard.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn client_piece(&mut self, piece: Piece) {
        let ends = piece.ends_frame();
        if self.speaking.is_none() {
            let speaking = self.begin(&piece);
            self.speaking = Some(speaking);
        }
        let Some(speaking) = &mut self.speaking else {
            return;
        };
        let id = speaking.id;
        let (piece, masked) = match piece {
            Piece::Text { bytes, ending } => speaking.text(bytes, ending),
            Piece::Literal { bytes, remaining } => {
                speaking.untouched = false;
                match speaking.hidden {
                    true if std::mem::replace(&mut speaking.shown, true) => (None, true),
                    true => (
                        Some(Piece::Literal {
                            bytes: MASK.to_vec(),
                            remaining: 0,
                        }),
                        true,
                    ),
                    false => (Some(Piece::Literal { bytes, remaining }), false),
                }
            }
        };
        self.pending.sent(id, self.now);
        if let Some(piece) = piece {
            self.events.push_back(Event::Sent {
                command: id,
                piece,
                masked,
            });
        }
        if ends {
            self.speaking = None;
        }
    }

    /// The first piece of a client's frame: what it belongs to.
    fn begin(&mut self, first: &Piece) -> Speaking {
        let line = match first {
            Piece::Text { bytes, .. } => bytes.trim_ascii_end(),
            Piece::Literal { .. } => b"",
        };
        let one_word = !line.contains(&b' ');
        match self.open {
            // Base64 has no spaces. What the server asked for is an answer, whatever it looks like.
            Open::Authenticate { id, asked } if asked || one_word => {
                self.open = Open::Authenticate { id, asked: false };
                return Speaking::new(id, line != b"*" && !line.is_empty());
            }
            Open::Idle(id) if line.eq_ignore_ascii_case(b"DONE") => {
                self.open = Open::Nothing;
                return Speaking::new(id, false);
            }
            _ => {}
        }
        let words = Command {
            origin: Origin::User,
            tag: TagChoice::AsTyped,
            parts: vec![CommandPart::Text {
                bytes: line.get(..512).unwrap_or(line).to_vec(),
                secret: Vec::new(),
            }],
        };
        let tag = line.split(|b| *b == b' ').next().and_then(Tag::new);
        let verb = words.verb();
        let origin = tag
            .as_ref()
            .map_or(Origin::User, |tag| Origin::of_tag(tag.as_bytes()));
        self.last_id += 1;
        let id = CommandId(self.last_id);
        self.events.push_back(Event::Started {
            command: id,
            tag: tag.clone(),
            origin,
            verb: verb.clone(),
        });
        let kind = Kind::of(&verb);
        self.open = match kind {
            Kind::Authenticate => Open::Authenticate { id, asked: false },
            Kind::Idle => Open::Idle(id),
            _ => Open::Nothing,
        };
        if self.pending.len() >= IN_FLIGHT
            && let Some(oldest) = self.pending.pop_oldest()
        {
            self.events.push_back(Event::Abandoned { command: oldest });
        }
        let unclear = tag.is_none() || verb.is_empty();
        self.pending.push(InFlight {
            id,
            tag,
            verb,
            kind,
            sent_at: self.now,
            unclear,
            told_capabilities: false,
        });
        Speaking::new(id, false)
    }

    fn server_piece(&mut self, piece: Piece) {
        let frame = self.frame.push(&piece);
        let cut = matches!(
            piece,
            Piece::Text {
                ending: Ending::Truncated,
                ..
            }
        );
        self.events.push_back(Event::Received(piece));
        if let Some(frame) = frame
            && !cut
        {
            self.response(Response::parse(&frame));
        }
    }

    fn response(&mut self, response: Response) {
        let command = self.whose(&response);
        let (tagged, status, told) = match &response {
            Response::Tagged { status, .. } => (true, Some(status.clone()), None),
            Response::Untagged(Untagged::Status(status)) => (false, Some(status.clone()), None),
            Response::Untagged(Untagged::Capability(set)) => (false, None, Some(set.clone())),
            _ => (false, None, None),
        };
        if matches!(response, Response::Continuation(_))
            && let Open::Authenticate { asked, .. } = &mut self.open
        {
            *asked = true;
        }
        self.events.push_back(Event::Response { response, command });
        let first = !std::mem::replace(&mut self.greeted, true);
        if let (true, false, Some(status)) = (first, tagged, &status)
            && matches!(status.status, Status::Ok | Status::Preauth | Status::Bye)
        {
            self.events.push_back(Event::Greeting(status.clone()));
        }
        let in_code = status.as_ref().and_then(|status| match &status.code {
            Some(ResponseCode::Capability(set)) => Some(set.clone()),
            _ => None,
        });
        if let (true, Some(id), Some(status)) = (tagged, command, status) {
            self.complete(id, status);
        }
        if let Some(set) = told.or(in_code)
            && self.capabilities.as_ref() != Some(&set)
        {
            self.capabilities = Some(set.clone());
            self.events.push_back(Event::Capabilities(Some(set)));
        }
    }

    fn whose(&self, response: &Response) -> Option<CommandId> {
        match response {
            Response::Tagged { tag, .. } => self.pending.by_tag(tag),
            Response::Continuation(_) => match (&self.speaking, self.open) {
                (Some(speaking), _) => Some(speaking.id),
                (None, Open::Authenticate { id, .. } | Open::Idle(id)) => Some(id),
                (None, Open::Nothing) => None,
            },
            Response::Untagged(_) if matches!(self.open, Open::Idle(_)) => None,
            Response::Untagged(data) => self.pending.answered_by(data),
            Response::Odd => None,
        }
    }

    fn complete(&mut self, id: CommandId, status: StatusResponse) {
        let Some(command) = self.pending.take(id) else {
            return;
        };
        if let Some(speaking) = &self.speaking
            && speaking.id == id
            && speaking.untouched
            && self.client.pending_literal() > 0
        {
            // Refused: its octets never come.
            self.client = Framer::new(Direction::Client);
            self.speaking = None;
        }
        match self.open {
            Open::Authenticate { id: of, .. } | Open::Idle(of) if of == id => {
                self.open = Open::Nothing;
            }
            _ => {}
        }
        self.events.push_back(Event::Completed {
            command: id,
            status,
            elapsed: self.now.saturating_duration_since(command.sent_at),
        });
    }
}

impl Speaking {
    fn new(id: CommandId, secret: bool) -> Speaking {
        Speaking {
            id,
            masker: Masker::default(),
            secret,
            hidden: false,
            shown: false,
            untouched: false,
        }
    }

    /// The piece as it may be shown, and whether anything in it is masked.
    fn text(&mut self, bytes: Vec<u8>, ending: Ending) -> (Option<Piece>, bool) {
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = bytes.get(line.len()..).unwrap_or_default();
        let announced = match ending {
            Ending::Literal(header) => Some(header),
            _ => None,
        };
        let at = match announced {
            Some(header) => line
                .iter()
                .rposition(|b| *b == b'{')
                .map_or(line.len(), |at| {
                    at.saturating_sub(usize::from(header.binary))
                }),
            None => line.len(),
        };
        let (text, announcement_as_sent) = line.split_at(at);
        let from = match (self.secret, self.masker.text(text)) {
            (true, _) => (!text.is_empty()).then_some(0),
            (false, from) => from,
        };
        let mut shown = match from {
            Some(from) => masked(text, std::slice::from_ref(&(from..text.len()))),
            None => text.to_vec(),
        };
        let mut ending = ending;
        if let Some(mut header) = announced {
            self.hidden = self.masker.literal() | self.secret;
            self.shown = false;
            self.untouched = header.mode == LiteralMode::Synchronizing;
            if self.hidden && header.size > 0 {
                // The length of a secret is one.
                header.size = MASK.len() as u64;
                ending = Ending::Literal(header);
                shown.extend_from_slice(announcement(header).as_bytes());
            } else {
                shown.extend_from_slice(announcement_as_sent);
            }
        }
        shown.extend_from_slice(end);
        let masked = from.is_some() || self.hidden && announced.is_some();
        let piece = Piece::Text {
            bytes: shown,
            ending,
        };
        (Some(piece), masked)
    }
}
