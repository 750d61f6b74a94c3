//! vi's keys in the editor: before, keys, after; `|` is before the cursor.

use imapsh::tui::layout::Focus;
use imapsh::tui::vi::{Mode, Vi};

use crate::common::screen::Screen;

fn editor(before: &str) -> Screen {
    let mut screen = Screen::new(100, 30);
    screen.log_in();
    screen.state.vi = Some(Vi::default());
    let at = before.find('|').expect("a cursor");
    screen.state.editor.set_text(&before.replacen('|', "", 1));
    screen.keys("<esc>");
    screen.state.editor.go_to(at);
    screen
}

#[track_caller]
fn after(screen: &Screen, wanted: &str, what: &str) {
    let mut text = screen.state.editor.text();
    text.insert(screen.state.editor.cursor_offset(), '|');
    assert_eq!(text, wanted, "{what}");
}

#[test]
fn motions() {
    for (before, keys, wanted) in [
        ("FETCH| 1:3 (FLAGS)", "w", "FETCH |1:3 (FLAGS)"),
        ("|FETCH 1:3 (FLAGS)", "ww", "FETCH 1|:3 (FLAGS)"),
        ("|FETCH 1:3 (FLAGS)", "2W", "FETCH 1:3 |(FLAGS)"),
        ("FETCH 1:3 (FL|AGS)", "b", "FETCH 1:3 (|FLAGS)"),
        ("FETCH 1:3 (FL|AGS)", "B", "FETCH 1:3 |(FLAGS)"),
        ("|FETCH 1:3", "e", "FETC|H 1:3"),
        ("|FETCH 1:3", "$", "FETCH 1:|3"),
        ("FETCH 1:|3", "0", "|FETCH 1:3"),
        ("  FETCH |1", "^", "  |FETCH 1"),
        ("|FETCH 1:3", "f:", "FETCH 1|:3"),
        ("|FETCH 1:3", "t:", "FETCH |1:3"),
        ("|a.b.c.d", "f.;;", "a.b.c|.d"),
        ("|a.b.c.d", "2f.,", "a|.b.c.d"),
        ("a.b.c.|d", "F.", "a.b.c|.d"),
        ("|abc", "ll", "ab|c"),
        ("|abc", "9l", "ab|c"),
        ("ab|c", "9h", "|abc"),
        ("|FETCH 1 (FLAGS UID)", "f(%", "FETCH 1 (FLAGS UID|)"),
        ("a\nb\n|c", "gg", "|a\nb\nc"),
        ("|a\nb\nc", "G", "a\nb\n|c"),
        ("|a\nb\nc", "2G", "a\n|b\nc"),
        ("|a\nb", "j", "a\n|b"),
        ("|FLAGS UID flags", "/flags<enter>", "FLAGS UID |flags"),
        ("|x UID x UID", "/uid<enter>n", "x UID x |UID"),
        ("|x UID x UID", "/uid<enter>nn", "x |UID x UID"),
        ("|x UID x UID", "/uid<enter>N", "x UID x |UID"),
    ] {
        let mut screen = editor(before);
        screen.keys(keys);
        after(&screen, wanted, keys);
    }
}

#[test]
fn changes() {
    for (before, keys, wanted) in [
        ("SELECT |INBOX x", "cwSent<esc>", "SELECT Sen|t x"),
        ("SELECT |INBOX x", "dw", "SELECT |x"),
        ("SELECT |INBOX", "dw", "SELECT| "),
        ("|a b c d", "d2w", "|c d"),
        ("|a b c d", "2dw", "|c d"),
        ("SELECT |INBOX", "D", "SELECT| "),
        ("SELECT |INBOX", "CSent<esc>", "SELECT Sen|t"),
        ("SEL|ECT", "x", "SEL|CT"),
        ("SEL|ECT", "2x", "SEL|T"),
        ("SELEC|T", "x", "SELE|C"),
        ("SEL|ECT", "X", "SE|ECT"),
        ("SEL|ECT", "rx", "SEL|xCT"),
        ("SEL|ECT", "2rx", "SELx|xT"),
        ("|select", "~~", "SE|lect"),
        ("a|b", "sx<esc>", "a|x"),
        ("one\n|two\nthree", "dd", "one\n|three"),
        ("one\ntwo\n|three", "dd", "one\n|two"),
        ("|one", "dd", "|"),
        ("|one\ntwo\nthree", "2dd", "|three"),
        ("one\n|two", "ccx<esc>", "one\n|x"),
        ("|one\ntwo", "yyp", "one\n|one\ntwo"),
        ("one\n|two", "yyP", "one\n|two\ntwo"),
        ("|ab cd", "ywP", "ab| ab cd"),
        ("|abc", "xp", "b|ac"),
        ("|one\ntwo", "J", "one| two"),
        ("|one\ntwo", "ox<esc>", "one\n|x\ntwo"),
        ("one\n|two", "Ox<esc>", "one\n|x\ntwo"),
        ("a|b", "ix<esc>", "a|xb"),
        ("a|b", "ax<esc>", "ab|x"),
        ("  a|b", "Ix<esc>", "  |xab"),
        ("|ab", "Ax<esc>", "ab|x"),
        ("FETCH 1 |(FLAGS UID) x", "d%", "FETCH 1 | x"),
        ("|a(b)c", "dt)", "|)c"),
        ("|a(b)c", "df)", "|c"),
        ("one\n|two\nthree", "dG", "|one"),
        ("one\n|two\nthree", "dgg", "|three"),
    ] {
        let mut screen = editor(before);
        screen.keys(keys);
        after(&screen, wanted, keys);
    }
}

#[test]
fn a_change_is_repeated_and_taken_back_as_a_whole() {
    for (before, keys, wanted) in [
        ("|aa bb cc", "dw.", "|cc"),
        ("|aa bb cc", "cwxx<esc>w.", "xx x|x cc"),
        ("|abcd", "x.", "|cd"),
        ("|abcdef", "2x.", "|ef"),
        ("|a", "ixyz<esc>u", "|a"),
        ("|one two", "cwthree<esc>u", "|one two"),
        ("|aa bb cc", "dwdwuu", "|aa bb cc"),
        ("|one\ntwo", "ddu", "|one\ntwo"),
        ("|abc", "xxu", "|bc"),
    ] {
        let mut screen = editor(before);
        screen.keys(keys);
        after(&screen, wanted, keys);
    }
}

#[test]
fn the_modes_the_title_and_the_ways_out() {
    let mut screen = Screen::new(80, 24);
    screen.log_in();
    screen.state.vi = Some(Vi::default());
    // It begins as a shell does: typing types, Enter sends, and the next command is typed again.
    screen.shows("INSERT").keys("NOOP<enter>");
    assert_eq!(screen.sent(), "A0001 NOOP\r\n");
    screen
        .keys("CHECKx<esc>")
        .shows("NORMAL")
        .keys("x<enter><enter>");
    assert_eq!(screen.sent(), "A0002 CHECK\r\n");
    assert_eq!(screen.state.vi.as_ref().unwrap().mode, Mode::Insert);
    // k and j are the history.
    screen.keys("<esc>k");
    after(&screen, "CHEC|K", "k");
    screen.keys("k");
    after(&screen, "NOO|P", "k again");
    screen.keys("dd:").shows("Palette").keys("<esc>");
    // Esc once more leaves; the bindings with Ctrl are everybody's.
    screen.keys("<esc>");
    assert_eq!(screen.state.focus, Focus::Transcript);
    screen.keys("i").keys("ix<esc><c-x>b");
    assert_eq!(screen.state.editor.text(), "eA==");
    // An operator that is given up does nothing.
    screen.keys("d").shows("NORMAL d").keys("<esc>w");
    assert_eq!(screen.state.editor.text(), "eA==");
    screen
        .keys("/zzz<enter>")
        .shows("\"zzz\" is not in the text");
    // A challenge is answered without modes: it is a secret.
    screen
        .keys("<c-c>iAUTHENTICATE PLAIN<enter><enter>")
        .server("+ \r\n");
    screen.keys("dd");
    assert_eq!(screen.state.editor.text(), "dd");
}
