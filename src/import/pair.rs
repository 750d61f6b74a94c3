//! Both directions without any time: told apart by tags. A command, then what the server says up to its
//! tagged response; a literal behind the server's `+`; DONE before the answer to IDLE.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::rawlog::OneWay;
use super::{ImportError, Step, Steps};
use crate::wire::{Direction, Ending, Framer, LiteralMode, Piece};

/// One side: its file, cut into pieces.
struct Side {
    file: OneWay,
    framer: Framer,
    ready: VecDeque<Piece>,
    /// The piece taken last did not end its frame.
    inside: bool,
    ended: bool,
}

impl Side {
    fn new(file: OneWay, direction: Direction) -> Side {
        Side {
            file,
            framer: Framer::new(direction),
            ready: VecDeque::new(),
            inside: false,
            ended: false,
        }
    }

    fn fill(&mut self) -> Result<(), ImportError> {
        while self.ready.is_empty() && !self.ended {
            match self.file.line()? {
                Some((_, bytes)) => {
                    let mut input = bytes.as_slice();
                    while let Some(piece) = self.framer.next(&mut input) {
                        self.ready.push_back(piece);
                    }
                }
                None => {
                    self.ended = true;
                    self.ready.extend(self.framer.close());
                }
            }
        }
        Ok(())
    }

    fn first_word(&self) -> Option<&[u8]> {
        match self.ready.front()? {
            Piece::Text { bytes, .. } => bytes.split(u8::is_ascii_whitespace).next(),
            Piece::Literal { .. } => None,
        }
    }
}

/// What the client must wait for before its next piece goes.
#[derive(Debug, PartialEq, Eq)]
enum Wait {
    Nothing,
    /// `+`, or the end of the command.
    GoAhead,
    /// `+` came to a command without a literal: the client answers.
    Answer,
}

/// See above.
pub(super) struct Untimed {
    client: Side,
    server: Side,
    outstanding: Vec<Vec<u8>>,
    idle: Option<Vec<u8>>,
    wait: Wait,
    begun: bool,
}

impl Untimed {
    pub fn new(client: OneWay, server: OneWay) -> Untimed {
        Untimed {
            client: Side::new(client, Direction::Client),
            server: Side::new(server, Direction::Server),
            outstanding: Vec::new(),
            idle: None,
            wait: Wait::Nothing,
            begun: false,
        }
    }

    /// Whose turn it is.
    fn turn(&self) -> Direction {
        if self.server.inside {
            return Direction::Server;
        }
        let Some(word) = self.server.first_word() else {
            return match self.server.ready.is_empty() {
                true => Direction::Client,
                false => Direction::Server,
            };
        };
        let Some(next) = self.client.first_word() else {
            return match self.client.ready.is_empty() || self.wait == Wait::GoAhead {
                true => Direction::Server,
                false => Direction::Client,
            };
        };
        match (word, &self.wait) {
            (_, Wait::Answer) => Direction::Client,
            (_, Wait::GoAhead) => Direction::Server,
            // The rest of a command.
            _ if self.client.inside => Direction::Client,
            _ if !self.begun && matches!(word, b"*" | b"+") => Direction::Server,
            (b"*" | b"+", Wait::Nothing) => match self.outstanding.is_empty() {
                true => Direction::Client,
                false => Direction::Server,
            },
            (tag, Wait::Nothing) => {
                let done = self.idle.as_deref() == Some(tag) && next.eq_ignore_ascii_case(b"DONE");
                match done || tag == next && !self.outstanding.iter().any(|t| t == tag) {
                    true => Direction::Client,
                    // What it answers was never logged: the login, most likely.
                    false => Direction::Server,
                }
            }
        }
    }

    fn take_client(&mut self) -> Option<Vec<u8>> {
        let piece = self.client.ready.pop_front()?;
        let begins = !std::mem::replace(&mut self.client.inside, !piece.ends_frame());
        if let Piece::Text { bytes, ending } = &piece {
            let mut words = bytes
                .split(u8::is_ascii_whitespace)
                .filter(|w| !w.is_empty());
            if begins && let (Some(tag), Some(verb)) = (words.next(), words.next()) {
                self.outstanding.push(tag.to_vec());
                self.idle = verb.eq_ignore_ascii_case(b"IDLE").then(|| tag.to_vec());
            }
            self.wait = match ending {
                Ending::Literal(header) if header.mode == LiteralMode::Synchronizing => {
                    Wait::GoAhead
                }
                _ => Wait::Nothing,
            };
        }
        self.begun = true;
        Some(piece.bytes().to_vec())
    }

    fn take_server(&mut self) -> Option<Vec<u8>> {
        let begins = !self.server.inside;
        let word = self.server.first_word().map(<[u8]>::to_vec);
        let piece = self.server.ready.pop_front()?;
        self.server.inside = !piece.ends_frame();
        self.begun = true;
        match word.as_deref().filter(|_| begins) {
            Some(b"*") | None => {}
            Some(b"+") => {
                self.wait = match self.wait {
                    Wait::GoAhead => Wait::Nothing,
                    _ if self.idle.is_some() => Wait::Nothing,
                    _ => Wait::Answer,
                };
            }
            Some(tag) => {
                if let Some(at) = self.outstanding.iter().position(|t| t == tag) {
                    self.outstanding.remove(at);
                    self.wait = Wait::Nothing;
                }
            }
        }
        Some(piece.bytes().to_vec())
    }
}

impl Steps for Untimed {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        self.client.fill()?;
        self.server.fill()?;
        let side = self.turn();
        let bytes = match side {
            Direction::Client => self.take_client(),
            Direction::Server => self.take_server(),
        };
        let at: Option<SystemTime> = None;
        Ok(bytes.map(|bytes| Step::Bytes { at, side, bytes }))
    }
}
