//! The response lines of tests/corpus, and bytes to frames.

use imapsh::wire::{Direction, Frame, FrameBuilder, Framer, Response};

/// One row of tests/corpus/responses.txt.
pub struct Row {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let text = include_str!("../corpus/responses.txt");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (name, bytes) = line.split_once("  ").expect("name, two spaces, bytes");
        Row {
            name: name.to_owned(),
            bytes: unescape(bytes.trim_start()),
        }
    };
    lines.map(row).collect()
}

/// Rust's notation: `\r \n \\ \xNN`.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&hex, 16).expect("two hex digits"));
            }
            other => panic!("unknown escape {other:?} in {text}"),
        }
    }
    out
}

/// What the server's `bytes` give, whole frames only.
pub fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut framer = Framer::new(Direction::Server);
    let mut builder = FrameBuilder::default();
    let mut out = Vec::new();
    while let Some(piece) = framer.next(&mut bytes) {
        out.extend(builder.push(&piece));
    }
    out
}

/// The one frame that `bytes` are.
pub fn frame(bytes: &[u8]) -> Frame {
    let mut all = frames(bytes);
    assert_eq!(
        all.len(),
        1,
        "{} should be one frame",
        String::from_utf8_lossy(bytes)
    );
    all.remove(0)
}

/// The one response that `bytes` are.
pub fn response(bytes: &[u8]) -> Response {
    Response::parse(&frame(bytes))
}
