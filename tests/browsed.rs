//! Every panel that browses, in every size, as two real servers fill it: recordings of Dovecot and Cyrus
//! (`tests/common/tape.rs`) are played to the screen. The goldens are a look at the screen: read them.

use crate::common::screen::Screen;
use crate::common::tape::{self, Maker, Tape};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 35), (200, 50)];

/// One session at one size, and its goldens.
struct Browsing {
    maker: Maker,
    size: (u16, u16),
    screen: Screen,
    tape: Tape,
}

impl Browsing {
    fn begin(maker: Maker, size: (u16, u16)) -> Browsing {
        let mut screen = Screen::filling(size.0, size.1);
        if size.0 < 100 {
            // It is an overlay there, and fills in once it is shown.
            screen.state.sidebar_wish = Some(true);
        }
        let mut tape = Tape::open(maker, size);
        tape.log_in(&mut screen);
        Browsing {
            maker,
            size,
            screen,
            tape,
        }
    }

    fn keys(&mut self, keys: &str) -> &mut Browsing {
        self.tape.keys(&mut self.screen, keys);
        self
    }

    #[track_caller]
    fn shows(&mut self, wanted: &str) -> &mut Browsing {
        self.screen.shows(wanted);
        self
    }

    #[track_caller]
    fn golden(&mut self, name: &str) -> &mut Browsing {
        let (columns, rows) = self.size;
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(format!("golden/browsing/{}", self.maker.name()));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let text = self.screen.text();
        assert!(
            text.lines().all(|line| {
                unicode_width::UnicodeWidthStr::width(line) <= usize::from(columns)
            }),
            "{text}"
        );
        settings.bind(|| insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text));
        self
    }

    /// Reads the message of this UID.
    fn read(&mut self, uid: usize) -> &mut Browsing {
        self.keys("<alt-6>")
            .keys(&format!("/<c-u>uid:{uid}<enter>"));
        self.shows("1 of 1").keys("<enter>");
        self
    }

    /// The cursor goes down to a part.
    fn down_to_part(&mut self, part: usize) -> &mut Browsing {
        for _ in 0..60 {
            if self.screen.state.mail.part_at_cursor() == Some(part) {
                return self;
            }
            self.keys("j");
        }
        panic!("no part {part}:\n{}", self.screen.text());
    }
}

/// All panels, one after the other. Mails are those of `tests/servers/fill`: which structure each has follows from
/// its number.
fn browse(maker: Maker, size: (u16, u16)) -> Tape {
    let mut b = Browsing::begin(maker, size);
    // Mailboxes.
    b.keys("<alt-3>").golden("mailboxes");
    b.keys("g<enter>").keys("f").golden("opened");
    // Selected, flags, capabilities: all of it on the whole screen.
    b.keys("<f10>").golden("selected");
    b.keys("<f10>");
    // Who may do what.
    b.keys("/archive<enter>").keys("A");
    b.shows("Who may do what").golden("matrix").keys("<esc>");
    // The list.
    b.keys("<alt-6>").golden("list");
    b.keys("kkk  j ").shows("marked").golden("marked").keys("M");
    b.keys("S<c-u>-date<enter>").golden("sorted");
    b.keys("aT").golden("threads");
    b.keys("Ta/<c-u>unseen !flagged<enter>").golden("searched");
    b.keys("a/<c-u>from:zoë<enter>")
        .golden("searched_beyond_ascii");
    // Messages: plain text, alternatives as text and as HTML, attachments, a mail in a mail.
    b.read(57).golden("message_text");
    b.read(52).golden("message_alternative");
    b.down_to_part(1).keys("<enter>").golden("message_html");
    b.read(54).golden("message_attachments");
    b.keys("h").golden("message_header");
    b.read(55).golden("message_in_message");
    // Whom to act as.
    b.keys("<f4>").shows("Act as").golden("act_as");
    b.keys("<esc>");
    b.tape
}

fn all_sizes(maker: Maker) {
    let mut entries = Vec::new();
    if tape::recording() {
        tape::prepare(maker);
    }
    for size in SIZES {
        let tape = browse(maker, size);
        assert!(
            tape.log.iter().all(|command| leaves_no_trace(command)),
            "{:?}",
            tape.log
        );
        entries.extend(tape.entries);
    }
    if tape::recording() {
        tape::keep(maker, &entries);
    }
}

/// What browsing sends only reads.
fn leaves_no_trace(command: &str) -> bool {
    let fetches = command.contains("FETCH ");
    !(command.starts_with("SELECT")
        || command.starts_with("STORE")
        || command.starts_with("UID STORE")
        || fetches && (command.contains("BODY[") || command.contains(":*")))
}

#[test]
fn dovecot_in_every_size() {
    all_sizes(Maker::Dovecot);
}

#[test]
fn cyrus_in_every_size() {
    all_sizes(Maker::Cyrus);
}

#[test]
fn no_secret_is_on_the_tapes() {
    for maker in [Maker::Dovecot, Maker::Cyrus] {
        let text = std::fs::read_to_string(tape::path(maker)).unwrap();
        let response = format!("craig\0{}\0adminpass", maker.admin());
        let encoded = imapsh::wire::base64::encode(response.as_bytes());
        assert!(text.contains("AUTHENTICATE PLAIN ********"));
        for secret in ["adminpass", "secret", encoded.as_str()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
