//! Copying: what is written to the terminal, and what the keys offer. Export and record from the keyboard.

use imapsh::tui::clipboard::{LIMIT, Surroundings, Way, sequence};
use std::time::Instant;

use imapsh::tui::effect::Effect;
use imapsh::tui::input::Input;
use imapsh::tui::keymap::Key;
use imapsh::tui::popup::Popup;
use imapsh::tui::update;
use imapsh::wire::base64;

use crate::common::screen::Screen;

#[test]
fn osc_52_plain_and_wrapped() {
    let text = base64::encode(b"A1 NOOP");
    let plain = format!("\x1b]52;c;{}\x1b\\", text.as_str());
    assert_eq!(sequence("A1 NOOP", Way::Plain), plain);
    assert_eq!(
        sequence("A1 NOOP", Way::TmuxPassthrough),
        format!("\x1bPtmux;\x1b\x1b]52;c;{}\x1b\x1b\\\x1b\\", text.as_str())
    );
    // screen takes strings of 768 octets at most.
    let long = "x".repeat(LIMIT);
    let wrapped = sequence(&long, Way::Screen);
    let mut inner = String::new();
    for piece in wrapped.split("\x1b\\").filter(|p| !p.is_empty()) {
        let piece = piece.strip_prefix("\x1bP").unwrap();
        assert!(piece.len() <= 768 - 4);
        inner.push_str(piece);
    }
    let encoded = base64::encode(long.as_bytes());
    assert_eq!(inner, format!("\x1b]52;c;{}\x07", encoded.as_str()));
    assert!(sequence(&long, Way::Plain).len() < 100_000);
}

#[test]
fn the_way_follows_what_tmux_says() {
    let tmux = |clipboard: Option<&str>, passthrough: Option<&str>| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let surroundings = Surroundings {
            tmux: Some((own(clipboard), own(passthrough))),
            screen: false,
        };
        let (way, doubt) = surroundings.way();
        (way, doubt.is_some())
    };
    assert_eq!(tmux(Some("on"), Some("off")), (Way::Plain, false));
    assert_eq!(tmux(Some("on"), Some("on")), (Way::Plain, false));
    assert_eq!(
        tmux(Some("external"), Some("on")),
        (Way::TmuxPassthrough, false)
    );
    assert_eq!(
        tmux(Some("external"), Some("all")),
        (Way::TmuxPassthrough, false)
    );
    assert_eq!(tmux(Some("external"), Some("off")), (Way::Plain, true));
    assert_eq!(tmux(Some("off"), None), (Way::Plain, true));
    assert_eq!(tmux(None, None), (Way::Plain, false));
    let screen = Surroundings {
        tmux: None,
        screen: true,
    };
    assert_eq!(screen.way(), (Way::Screen, None));
    assert_eq!(Surroundings::default().way(), (Way::Plain, None));
}

fn talked() -> Screen {
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen.keys("NOOP<enter>");
    screen.server("* 1 FETCH (BODY[] {5}\r\nab\x1bcd)\r\nA0001 OK \x1b]0;title\x07 done\r\n");
    screen
}

/// What the popup offers, and what taking it hands to the terminal.
fn copied(screen: &mut Screen, key: char) -> String {
    let Some(Popup::Copy { offers, .. }) = &screen.state.popup else {
        panic!("no popup: {}", screen.text());
    };
    let offer = offers.iter().find(|offer| offer.key == key).unwrap();
    let text = offer.text.clone().unwrap();
    let pressed = Input::Key(Key::parse(&key.to_string()).unwrap());
    let effects = update::input(&mut screen.state, pressed);
    assert!(
        matches!(&effects[..], [Effect::Copy { text: taken, .. }] if *taken == text),
        "{effects:?}"
    );
    text
}

#[test]
fn a_line_a_command_and_the_session() {
    let mut screen = talked();
    screen.keys("<esc>y");
    assert!(
        screen.text().contains("this command: A0001 NOOP"),
        "{}",
        screen.text()
    );
    let line = copied(&mut screen, 'y');
    assert_eq!(line, "A0001 OK \\x1b]0;title\\x07 done");
    screen.keys("y");
    let command = copied(&mut screen, 'c');
    assert!(
        command.contains("C: A0001 NOOP\nS: * 1 FETCH (BODY[] {5}\n   ab\\x1bcd\nS: )\n"),
        "{command}"
    );
    assert!(!command.contains('\x1b'));
    screen.keys("y");
    assert!(copied(&mut screen, 'i').starts_with("imtest -p 993 -s -u alice -a admin"));
    screen.keys("y<esc>");
    assert!(screen.state.popup.is_none());
}

#[test]
fn too_much_for_a_clipboard_goes_to_a_file() {
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen.keys("NOOP<enter>");
    let big = "x".repeat(LIMIT + 1);
    screen.server(format!(
        "* 1 FETCH (BODY[] {{{}}}\r\n{big})\r\nA0001 OK done\r\n",
        big.len()
    ));
    screen.keys("<esc>yc");
    let text = screen.text();
    assert!(
        text.contains("too much for a terminal") && text.contains("Export"),
        "{text}"
    );
}

#[test]
fn the_marked_and_the_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = talked();
    screen.keys("NOOP<enter>");
    screen.server("A0002 NO not now\r\n");
    let export = |screen: &mut Screen, words: &str| {
        let path = folder.path().join("x.trace");
        screen.keys(&format!(":export! {words} {}<enter>", path.display()));
        while screen.state.job.is_some() {
            screen.state.tick(Instant::now());
        }
        let told = screen.text();
        (std::fs::read_to_string(&path).unwrap_or_default(), told)
    };
    let (_, told) = export(&mut screen, "filtered");
    assert!(told.contains("There is no filter"), "{told}");
    let (_, told) = export(&mut screen, "marked");
    assert!(told.contains("No command is marked"), "{told}");
    screen.keys("<esc>g]m");
    let (text, told) = export(&mut screen, "marked");
    assert!(
        text.contains("A0001 NOOP") && !text.contains("A0002"),
        "{text} {told}"
    );
    screen.keys(":filter st:no<enter>");
    let (text, told) = export(&mut screen, "filtered");
    assert!(
        text.contains("A0002 NOOP") && !text.contains("A0001"),
        "{text} {told}"
    );
}

#[test]
fn an_export_asks_before_it_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.trace");
    let mut screen = talked();
    let export = format!(":export {}<enter>", path.display());
    screen.keys(&export);
    while screen.state.job.is_some() {
        screen.state.tick(Instant::now());
    }
    assert!(screen.text().contains("Exported to"), "{}", screen.text());
    let first = std::fs::read_to_string(&path).unwrap();
    assert!(first.contains("C: A0001 NOOP"), "{first}");
    std::fs::write(&path, "mine").unwrap();
    for (answer, kept) in [
        ("n", true),
        ("<enter>", true),
        ("<esc>", true),
        ("y", false),
    ] {
        screen.keys(&export);
        assert!(screen.text().contains("Overwrite?"), "{}", screen.text());
        screen.keys(answer);
        while screen.state.job.is_some() {
            screen.state.tick(Instant::now());
        }
        let now = std::fs::read_to_string(&path).unwrap();
        assert_eq!(now == "mine", kept, "{answer}: {now}");
    }
    screen.keys(&export.replace(":export", ":export!"));
    assert!(screen.state.popup.is_none());
    screen.keys(":export nonsense file<enter>");
    assert!(
        screen.text().contains("nonsense is no format"),
        "{}",
        screen.text()
    );
}
