//! Lines of an explanation, for whatever face shows them.

/// A line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Who speaks.
    Heading(String),
    /// The server's own words. Hostile.
    Server(Vec<u8>),
    /// The command that was answered.
    Sent(String),
    /// A caret below it, at these columns.
    Caret(usize, usize),
    /// Our words. They may quote the server.
    Words(String),
    /// A command to send next, and its number if Ctrl+X puts it into the editor.
    Command(Option<usize>, String),
    /// Where it is described.
    Reference(String),
    /// Nothing.
    Gap,
}

impl Told {
    /// What is shown of it. Hostile.
    pub fn octets(&self) -> Vec<u8> {
        match self {
            Told::Server(bytes) => bytes.clone(),
            Told::Heading(text) | Told::Sent(text) | Told::Words(text) => text.clone().into_bytes(),
            Told::Reference(text) => format!("See {text}.").into_bytes(),
            Told::Caret(before, count) => {
                format!("{}{}", " ".repeat(*before), "^".repeat(*count)).into_bytes()
            }
            Told::Command(Some(number), text) => format!("^X {number}  {text}").into_bytes(),
            Told::Command(None, text) => text.clone().into_bytes(),
            Told::Gap => Vec::new(),
        }
    }
}
