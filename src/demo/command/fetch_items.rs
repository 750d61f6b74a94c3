//! What FETCH may ask for, read and written (RFC 3501 section 6.4.5 and 7.4.2).

use std::borrow::Cow;

use super::Refusal;
use super::arguments::Arguments;
use crate::demo::envelope;
use crate::demo::header;
use crate::demo::mailbox::Message;
use crate::demo::mime::Entity;
use crate::demo::write;

/// Most items in one FETCH.
const MOST_ITEMS: usize = 100;

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// FLAGS
    Flags,
    /// INTERNALDATE
    InternalDate,
    /// RFC822.SIZE
    Size,
    /// ENVELOPE
    Envelope,
    /// BODY
    Body,
    /// BODYSTRUCTURE
    BodyStructure,
    /// UID
    Uid,
    /// MODSEQ
    ModSeq,
    /// `BODY[...]`, `BODY.PEEK[...]`, RFC822 and its like.
    Section(Section),
}

/// Which octets of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// How the response calls it: `BODY[1.MIME]`, `RFC822.TEXT`.
    name: String,
    /// Does not set \Seen.
    peek: bool,
    path: Vec<u32>,
    text: SectionText,
    /// First octet and how many.
    partial: Option<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum SectionText {
    Everything,
    Header,
    Text,
    Mime,
    Fields { names: Vec<Vec<u8>>, not: bool },
}

impl Item {
    /// Whether fetching it sets \Seen.
    pub fn sets_seen(&self) -> bool {
        matches!(self, Item::Section(section) if !section.peek)
    }

    /// Writes name and value, but for FLAGS, UID and MODSEQ, which the caller knows better.
    pub fn write(&self, out: &mut Vec<u8>, message: &Message) {
        let bytes = message.content.bytes();
        match self {
            Item::Flags | Item::Uid | Item::ModSeq => {}
            Item::InternalDate => {
                out.extend_from_slice(
                    format!("INTERNALDATE \"{}\"", message.internal_date.internal_date())
                        .as_bytes(),
                );
            }
            Item::Size => out.extend_from_slice(format!("RFC822.SIZE {}", bytes.len()).as_bytes()),
            Item::Envelope => {
                out.extend_from_slice(b"ENVELOPE ");
                let structure = message.content.structure();
                envelope::write(out, bytes.get(structure.header.clone()).unwrap_or_default());
            }
            Item::Body => {
                out.extend_from_slice(b"BODY ");
                message
                    .content
                    .structure()
                    .write_structure(out, bytes, false);
            }
            Item::BodyStructure => {
                out.extend_from_slice(b"BODYSTRUCTURE ");
                message
                    .content
                    .structure()
                    .write_structure(out, bytes, true);
            }
            Item::Section(section) => section.write(out, message),
        }
    }
}

impl Section {
    fn whole(name: &str, peek: bool, text: SectionText) -> Item {
        Item::Section(Section {
            name: name.to_owned(),
            peek,
            path: Vec::new(),
            text,
            partial: None,
        })
    }

    fn write(&self, out: &mut Vec<u8>, message: &Message) {
        out.extend_from_slice(self.name.as_bytes());
        let bytes = message.content.bytes();
        let Some(found) = self.find(bytes, message.content.structure()) else {
            out.extend_from_slice(b" NIL");
            return;
        };
        let found = match self.partial {
            Some((start, count)) => {
                out.extend_from_slice(format!("<{start}>").as_bytes());
                let start = usize::try_from(start)
                    .unwrap_or(usize::MAX)
                    .min(found.len());
                let end = start
                    .saturating_add(usize::try_from(count).unwrap_or(usize::MAX))
                    .min(found.len());
                found.get(start..end).unwrap_or_default()
            }
            None => &found,
        };
        out.push(b' ');
        write::literal(out, found);
    }

    fn find<'a>(&self, bytes: &'a [u8], whole: &Entity) -> Option<Cow<'a, [u8]>> {
        let part = if self.path.is_empty() {
            None
        } else {
            Some(whole.part(&self.path)?)
        };
        // HEADER and TEXT are a message's: of the whole, or of the one in a message/rfc822 part.
        let message = || match part {
            None => Some(whole),
            Some(part) if part.is_message() => part.children.first(),
            Some(_) => None,
        };
        let range = match (&self.text, part) {
            (SectionText::Everything, None) => whole.header.start..whole.body.end,
            (SectionText::Everything, Some(part)) => part.body.clone(),
            (SectionText::Mime, part) => part?.header.clone(),
            (SectionText::Text, _) => message()?.body.clone(),
            (SectionText::Header, _) => message()?.header.clone(),
            (SectionText::Fields { names, not }, _) => {
                let head = bytes.get(message()?.header.clone())?;
                let wanted =
                    |name: &[u8]| names.iter().any(|n| n.eq_ignore_ascii_case(name)) != *not;
                let mut found: Vec<u8> = header::fields(head)
                    .filter(|f| wanted(f.name))
                    .flat_map(|f| f.raw.to_vec())
                    .collect();
                found.extend_from_slice(b"\r\n");
                return Some(Cow::Owned(found));
            }
        };
        bytes.get(range).map(Cow::Borrowed)
    }
}

/// Reads `(FLAGS BODY[1])`, `ENVELOPE`, `FAST`.
///
/// # Errors
/// BAD.
pub fn read(arguments: &mut Arguments<'_>) -> Result<Vec<Item>, Refusal> {
    if !arguments.take(b'(') {
        let mut ahead = arguments.clone();
        let fast = [Item::Flags, Item::InternalDate, Item::Size];
        let macro_items = match ahead.name().to_ascii_uppercase().as_str() {
            "FAST" => Some(fast.to_vec()),
            "ALL" => Some([&fast[..], &[Item::Envelope]].concat()),
            "FULL" => Some([&fast[..], &[Item::Envelope, Item::Body]].concat()),
            _ => None,
        };
        if let Some(items) = macro_items {
            *arguments = ahead;
            return Ok(items);
        }
        return Ok(vec![read_item(arguments)?]);
    }
    let mut items = Vec::new();
    loop {
        while arguments.take(b' ') {}
        if arguments.take(b')') {
            break;
        }
        let item = read_item(arguments)?;
        if !items.contains(&item) {
            items.push(item);
        }
        if items.len() > MOST_ITEMS {
            return Err(Refusal::bad("FETCH asks for too many items"));
        }
    }
    if items.is_empty() {
        return Err(Refusal::bad("FETCH wants at least one item"));
    }
    Ok(items)
}

fn read_item(arguments: &mut Arguments<'_>) -> Result<Item, Refusal> {
    let name = arguments.name().to_ascii_uppercase();
    Ok(match name.as_str() {
        "FLAGS" => Item::Flags,
        "INTERNALDATE" => Item::InternalDate,
        "RFC822.SIZE" => Item::Size,
        "ENVELOPE" => Item::Envelope,
        "BODYSTRUCTURE" => Item::BodyStructure,
        "UID" => Item::Uid,
        "MODSEQ" => Item::ModSeq,
        "RFC822" => Section::whole("RFC822", false, SectionText::Everything),
        "RFC822.HEADER" => Section::whole("RFC822.HEADER", true, SectionText::Header),
        "RFC822.TEXT" => Section::whole("RFC822.TEXT", false, SectionText::Text),
        "BODY" | "BODY.PEEK" if arguments.peek() == Some(b'[') => {
            read_section(arguments, name == "BODY.PEEK")?
        }
        "BODY" => Item::Body,
        "BODY.PEEK" => return Err(arguments.expected("[ after BODY.PEEK")),
        "" => return Err(arguments.expected("a FETCH item, such as FLAGS, ENVELOPE or BODY[]")),
        "ALL" | "FAST" | "FULL" => {
            return Err(Refusal::bad(format!("{name} stands alone, not in a list")));
        }
        _ => return Err(Refusal::bad(format!("Unknown FETCH item {name}"))),
    })
}

fn read_section(arguments: &mut Arguments<'_>, peek: bool) -> Result<Item, Refusal> {
    arguments.expect(b'[', "a section")?;
    let mut path = Vec::new();
    let mut word = String::new();
    for part in arguments
        .name()
        .to_ascii_uppercase()
        .split('.')
        .filter(|p| !p.is_empty())
    {
        match part.parse::<u32>() {
            Ok(number) if number > 0 && word.is_empty() && path.len() < 50 => path.push(number),
            Ok(_) => {
                return Err(Refusal::bad(
                    "A part's numbers begin at 1 and stand before its name, as in 1.2.MIME",
                ));
            }
            Err(_) if word.is_empty() => word = part.to_owned(),
            Err(_) => word = format!("{word}.{part}"),
        }
    }
    let numbers: Vec<String> = path.iter().map(u32::to_string).collect();
    let mut name = numbers.join(".");
    if !name.is_empty() && !word.is_empty() {
        name.push('.');
    }
    name.push_str(&word);
    let text = match word.as_str() {
        "" => SectionText::Everything,
        "HEADER" => SectionText::Header,
        "TEXT" => SectionText::Text,
        "MIME" if !path.is_empty() => SectionText::Mime,
        "MIME" => return Err(Refusal::bad("MIME is a part's: 1.MIME")),
        "HEADER.FIELDS" | "HEADER.FIELDS.NOT" => {
            arguments.space("the header fields in parentheses")?;
            let names = read_header_names(arguments)?;
            name.push_str(" (");
            for (at, field) in names.iter().enumerate() {
                let mut written = Vec::new();
                write::astring(&mut written, field);
                name.push_str(if at > 0 { " " } else { "" });
                name.push_str(&String::from_utf8_lossy(&written));
            }
            name.push(')');
            SectionText::Fields {
                names,
                not: word.ends_with(".NOT"),
            }
        }
        _ => {
            return Err(Refusal::bad(format!(
                "Unknown section {word}: HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME"
            )));
        }
    };
    arguments.expect(b']', "a section")?;
    let mut partial = None;
    if arguments.take(b'<') {
        let start = arguments.number("the first octet")?;
        arguments.expect(b'.', "a partial, such as <0.1024>")?;
        let count = arguments.number("how many octets")?;
        arguments.expect(b'>', "a partial, such as <0.1024>")?;
        if count == 0 {
            return Err(Refusal::bad("A partial asks for at least one octet"));
        }
        partial = Some((start, count));
    }
    Ok(Item::Section(Section {
        name: format!("BODY[{name}]"),
        peek,
        path,
        text,
        partial,
    }))
}

fn read_header_names(arguments: &mut Arguments<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
    arguments.expect(b'(', "the header fields")?;
    let mut names = Vec::new();
    loop {
        while arguments.take(b' ') {}
        if arguments.take(b')') {
            break;
        }
        let name = arguments.astring("a header field", false)?;
        // What is echoed must not break the response.
        if !name.iter().all(u8::is_ascii_graphic) {
            return Err(Refusal::bad(
                "A header field's name holds only printable ASCII",
            ));
        }
        names.push(name);
    }
    if names.is_empty() || names.len() > MOST_ITEMS {
        return Err(Refusal::bad("HEADER.FIELDS wants 1 to 100 fields"));
    }
    Ok(names)
}
